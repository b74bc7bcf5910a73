"""The audit log's reading half: numbering, sealing, searching, verifying, giving up old months."""
