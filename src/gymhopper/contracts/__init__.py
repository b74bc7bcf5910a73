"""What contexts say to each other: frozen events and small protocols."""
