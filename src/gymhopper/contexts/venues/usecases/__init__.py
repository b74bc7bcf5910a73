"""What can be done with organisations and places, one verb a module."""
