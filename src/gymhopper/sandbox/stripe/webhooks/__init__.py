"""Signed events on their way to the platform's webhook route."""
