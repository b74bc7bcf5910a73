"""Revisions of the schema `staff`."""
