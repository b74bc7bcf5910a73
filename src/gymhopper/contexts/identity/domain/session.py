"""Being signed in: one for each browser or program."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Method = Literal["password", "email_link", "totp", "recovery_code", "passkey", "oidc"]
"""How somebody proved who they are."""

Client = Literal["browser", "program"]
"""A browser keeps a cookie; a program an access token and a refresh token."""

SUFFICIENT: frozenset[Method] = frozenset({"passkey", "oidc"})
"""Methods that stand for two factors: a key that verified its user, a provider that asks itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What signs in, as its owner will recognise it: `Firefox on Linux`, from about where.

    `address` is a wide network, which may be shown and stored; `network` is exact enough to count
    tries by, and is kept nowhere. `id` is what the device's own cookie says, if it has one.
    """

    client: Client
    name: str
    address: str | None = None
    network: str = "unknown"
    id: UUID | None = None


@dataclass(eq=False, kw_only=True)
class Session:
    """Lives until it is ended, unused for too long, or too old.

    `hash` is that of the cookie's secret; a program's session has tokens of their own instead.
    `last_seen_at` is exact to the hour, or to a tenth of the idle time where that is less.
    """

    id: UUID
    account_id: UUID
    client: Client
    hash: bytes | None
    methods: tuple[str, ...]
    device_name: str
    address: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_because: str | None = None
    version: int = 1

    def end(self, now: datetime, because: str) -> None:
        """From now on it opens nothing; ending it again changes nothing."""
        if self.ended_at is None:
            self.ended_at = now
            self.ended_because = because
            self.version += 1


def noted_every(idle: timedelta) -> timedelta:
    """How exactly the last use is known: a row is not written at each request."""
    return min(timedelta(hours=1), idle / 10)
