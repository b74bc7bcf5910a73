"""Revisions of the schema `access`."""
