"""The audit log's writing half: what a transaction changed, told in the same transaction."""
