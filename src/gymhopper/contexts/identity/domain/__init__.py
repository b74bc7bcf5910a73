"""What a key is, without any machinery."""
