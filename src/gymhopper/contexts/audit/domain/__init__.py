"""What a seal is, without a database."""
