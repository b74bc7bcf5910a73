"""The rules of memberships: pure, without a clock or a database of their own."""
