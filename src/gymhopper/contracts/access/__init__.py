"""What access tells the others."""
