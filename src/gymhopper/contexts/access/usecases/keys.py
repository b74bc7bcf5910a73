"""Names that the parts of access share."""

CREDENTIALS = "access.credentials"
"""The installation's key under which values of credentials are hashed."""

CELL_CLOCK = b"m:clock"
"""Where the feeder leaves the platform's clock offset (seconds) for gates that run alone."""
