"""What classes and bookings are, and the rules that they follow."""
