"""The event log: envelopes, and how events are appended, numbered and read."""
