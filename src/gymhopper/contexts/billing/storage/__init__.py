"""Billing's tables, and how the domain's objects lie in them."""
