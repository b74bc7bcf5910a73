"""What integrations says."""
