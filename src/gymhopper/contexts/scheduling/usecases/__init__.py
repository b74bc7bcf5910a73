"""What is done with classes and bookings, one deed a file."""
