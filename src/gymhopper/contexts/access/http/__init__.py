"""The desk's and back office's side of access. Doors speak to the gate, not to this."""
