"""The event log, its sequencer, and the transports that carry events to subscribers."""
