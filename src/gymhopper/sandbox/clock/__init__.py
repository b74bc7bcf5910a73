"""Time that can be moved, for demos and tests."""
