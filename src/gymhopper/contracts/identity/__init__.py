"""What identity tells the others."""
