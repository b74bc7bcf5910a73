"""Values that every part of the platform shares. Standard library only."""
