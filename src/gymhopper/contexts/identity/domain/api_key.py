"""A key with which a program or a person calls the API."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.contexts.identity.domain.token import Token
from gymhopper.kernel.errors import Conflict, InvalidInput

Kind = Literal["staff", "partner", "service"]
"""What the holder is: somebody who works there, a partner's system, a program of its own."""

LONGEST_LIFE = timedelta(days=3660)
LONGEST_OVERLAP = timedelta(days=30)
"""How long a former token may go on: long enough to reach every place that holds it."""

_SCOPE = re.compile(r"\*|[a-z][a-z_]*:(read|write|\*)")


@dataclass(eq=False, kw_only=True)
class ApiKey:
    """Stands for its holder. Without an organisation it is a platform administrator's.

    `scopes` are `area:read`, `area:write`, `area:*` or `*`. `last_used_at` is exact to the hour.
    After a rotation the former token goes on until `former_until`.
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
    former_prefix: str | None = None
    former_hash: bytes | None = None
    former_until: datetime | None = None

    def rotate(self, token: Token, now: datetime, overlap: timedelta) -> None:
        """From now on `token` stands for the key; the one before it does for `overlap` more.

        A former token that still went on ends now: there are two at most. Raises Conflict when
        the key was revoked or has expired.
        """
        if self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now):
            raise Conflict("This key has ended; make a new one.", code="key_ended")
        self.former_prefix, self.former_hash = self.prefix, self.hash
        self.former_until = now + overlap
        self.prefix, self.hash = token.prefix, token.hash()
        self.version += 1

    def revoke(self, now: datetime) -> None:
        """From now on the key opens nothing; revoking it again changes nothing."""
        if self.revoked_at is None:
            self.revoked_at = now
            self.version += 1


def is_scope(text: str) -> bool:
    """Whether the text has the form of a scope."""
    return _SCOPE.fullmatch(text) is not None


def checked_scopes(given: Iterable[str]) -> tuple[str, ...]:
    """The scopes, each once and in order; InvalidInput when one has not the form of a scope."""
    scopes = tuple(sorted(set(given)))
    if not scopes:
        raise InvalidInput("A key without any scope could do nothing.", field="scopes")
    for scope in scopes:
        if not is_scope(scope):
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
