"""What organisations and places are, without any machinery."""
