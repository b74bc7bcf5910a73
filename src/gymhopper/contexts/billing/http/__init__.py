"""The routes below /payments."""
