"""Revisions of the schema `identity`."""
