"""What others hear of appointments."""
