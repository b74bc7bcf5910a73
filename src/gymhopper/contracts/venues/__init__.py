"""What venues tells the others."""
