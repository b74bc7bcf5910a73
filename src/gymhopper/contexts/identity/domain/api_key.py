"""A key with which a program or a person calls the API."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.kernel.errors import InvalidInput

Kind = Literal["staff", "partner", "service"]
"""What the holder is: somebody who works there, a partner's system, a program of its own."""

LONGEST_LIFE = timedelta(days=3660)

_SCOPE = re.compile(r"\*|[a-z][a-z_]*:(read|write|\*)")


@dataclass(eq=False, kw_only=True)
class ApiKey:
    """Stands for its holder. Without an organisation it is a platform administrator's.

    `scopes` are `area:read`, `area:write`, `area:*` or `*`. `last_used_at` is exact to the hour.
    """

    id: UUID
    organisation_id: UUID | None
    name: str
    kind: Kind
    prefix: str
    hash: bytes
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    version: int = 1

    def revoke(self, now: datetime) -> None:
        """From now on the key opens nothing; revoking it again changes nothing."""
        if self.revoked_at is None:
            self.revoked_at = now
            self.version += 1


def checked_scopes(given: Iterable[str]) -> tuple[str, ...]:
    """The scopes, each once and in order; InvalidInput when one has not the form of a scope."""
    scopes = tuple(sorted(set(given)))
    if not scopes:
        raise InvalidInput("A key without any scope could do nothing.", field="scopes")
    for scope in scopes:
        if not _SCOPE.fullmatch(scope):
            raise InvalidInput(
                f"{scope!r} is not a scope: write area:read, area:write, area:* or *.",
                field="scopes",
            )
    return scopes


def checked_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    """The end of a key's life; InvalidInput when it is past or further off than ten years."""
    if expires_at is None:
        return None
    if not now < expires_at <= now + LONGEST_LIFE:
        raise InvalidInput("A key expires within the next ten years.", field="expires_at")
    return expires_at
