"""What scheduling tells others."""
