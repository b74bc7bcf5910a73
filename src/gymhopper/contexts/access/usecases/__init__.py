"""What access does, one verb a file."""
