"""What can be booked, when, and by whom: classes, bookings and waitlists."""
