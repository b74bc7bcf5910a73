"""Revisions of the chassis' own schemas."""
