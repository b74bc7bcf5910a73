"""The simulator's own tables, in the schema `sandbox_stripe`."""
