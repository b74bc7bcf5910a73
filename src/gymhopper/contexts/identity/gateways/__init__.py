"""What identity asks outside its own database."""
