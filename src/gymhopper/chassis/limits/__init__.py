"""How often a caller may ask: classes of routes, counted for all processes together in Valkey."""
