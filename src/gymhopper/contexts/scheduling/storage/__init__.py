"""Tables, and what ties the domain to them."""
