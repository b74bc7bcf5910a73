"""How callers are recognised by what they send."""
