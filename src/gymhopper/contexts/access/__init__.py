"""Access: credentials, grants, the decision at the door, devices, the journal."""
