"""What every process needs and no business knows."""
