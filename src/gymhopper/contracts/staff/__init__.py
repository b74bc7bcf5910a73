"""What staff tells others, and answers them."""
