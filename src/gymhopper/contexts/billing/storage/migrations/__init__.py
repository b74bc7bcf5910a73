"""The revisions of the schema `billing`."""
