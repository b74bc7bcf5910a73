"""What membership tells the others."""
