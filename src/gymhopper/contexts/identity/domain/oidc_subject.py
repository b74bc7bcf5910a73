"""Somebody whom a provider knows, as one of the ways into an account."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(eq=False, kw_only=True)
class OidcSubject:
    """The provider's own name for the person (`subject`) is unique at its `issuer`, for ever."""

    id: UUID
    account_id: UUID
    issuer: str
    subject: str
    created_at: datetime
    last_used_at: datetime
