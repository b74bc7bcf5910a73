"""Revisions of the schema `venues`."""
