"""What can be done with endpoints and deliveries, one verb a module."""
