"""The tokens of a program's session."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(eq=False, kw_only=True)
class TokenGrant:
    """An access token, and the refresh token that gets the next pair, once."""

    id: UUID
    session_id: UUID
    access_hash: bytes
    access_expires_at: datetime
    refresh_hash: bytes
    refresh_expires_at: datetime
    created_at: datetime
    used_at: datetime | None = None
    successor_id: UUID | None = None
