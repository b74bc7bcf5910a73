"""Reads: SQL to frozen results."""
