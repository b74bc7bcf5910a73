"""The hot path of a door: the HTTP application and the state it needs, whatever stores it."""
