"""What can be read of the log: entries, and the seals over them."""
