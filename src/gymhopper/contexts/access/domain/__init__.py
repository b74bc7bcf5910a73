"""What a door decides and why: pure values and functions."""
