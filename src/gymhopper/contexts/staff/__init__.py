"""Who works at which organisation, where, and as what."""
