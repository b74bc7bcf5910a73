"""What billing tells the others."""
