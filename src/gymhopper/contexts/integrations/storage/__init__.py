"""The tables, and how the domain maps to them."""
