"""What is done with the log, one verb a module."""
