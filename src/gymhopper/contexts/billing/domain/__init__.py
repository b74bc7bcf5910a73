"""Dues, subscriptions, claims and refunds: what happens to them, without any I/O."""
