"""A mail that waits to be sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(eq=False, kw_only=True)
class QueuedMail:
    """Its address and what its template is filled with are sealed; it is deleted once it is sent.

    After `expires_at` it would be of no use: its link is dead.
    """

    id: UUID
    template: str
    language: str
    address: bytes
    content: bytes
    created_at: datetime
    expires_at: datetime | None
