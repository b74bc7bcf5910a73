"""Where access keeps its state."""
