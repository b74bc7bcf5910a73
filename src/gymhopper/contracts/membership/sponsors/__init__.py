"""What membership tells the others of those who pay for people on their lists."""
