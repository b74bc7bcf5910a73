"""Gymhopper: one membership, any door that it covers."""

__version__ = "0.1.0"
