"""People, what they bought, and the state of what they bought."""
