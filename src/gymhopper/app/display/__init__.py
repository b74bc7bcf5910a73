"""What the demonstration shows in a terminal."""
