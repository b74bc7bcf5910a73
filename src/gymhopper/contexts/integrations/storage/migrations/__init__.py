"""Revisions of the schema `integrations`."""
