"""The revisions that build the schema `membership`."""
