"""Organisations, their legal entities, and the places that people enter."""
