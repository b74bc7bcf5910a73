"""Who is calling."""

from typing import Protocol
from uuid import UUID

import msgspec


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A caller that proved who it is.

    `kind` is one of staff, member, partner, device, service; `organisation_id` is the organisation
    it acts for, None for the platform's own administrators, who act for all.
    """

    kind: str
    id: UUID
    organisation_id: UUID | None
    scopes: tuple[str, ...]


class IdentityApi(Protocol):
    """Answers who stands behind a bearer token."""

    async def authenticate(self, *, token: str) -> Caller | None:
        """The caller whose live token this is, or None."""
        ...
