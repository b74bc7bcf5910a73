"""Requests that may be sent twice: the first one's answer is kept with its effect."""
