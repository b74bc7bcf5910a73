"""What can be done with employees and assignments, one verb a module."""
