"""A link that was sent by mail: whoever follows it controls the mailbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Purpose = Literal["register", "sign_in", "password", "email"]
"""Open an account; sign in; set a new password; use this address from now on."""

LIFETIMES: dict[Purpose, timedelta] = {
    "register": timedelta(days=1),
    "sign_in": timedelta(minutes=15),
    "password": timedelta(hours=1),
    "email": timedelta(days=1),
}

PAGES: dict[Purpose, str] = {
    "register": "/sign-in/confirm",
    "sign_in": "/sign-in/link",
    "password": "/sign-in/password",
    "email": "/sign-in/email",
}
"""Where the links lead. Opening one changes nothing, for scanners of mail open links, too."""


@dataclass(eq=False, kw_only=True)
class EmailLink:
    """Good once, until it expires, for whoever brings its secret from whatever device.

    `email` is the sealed address that it goes to. `hash` is None until it was decided whether a
    mail is sent at all, and which.
    """

    id: UUID
    purpose: Purpose
    account_id: UUID | None = None
    hash: bytes | None = None
    email: bytes
    language: str = "en"
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None

    def good_at(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.used_at is None and now < self.expires_at


def spoken(lifetime: timedelta) -> str:
    """A lifetime as a mail says it."""
    minutes = int(lifetime.total_seconds() // 60)
    for size, name in ((1440, "day"), (60, "hour")):
        if minutes % size == 0:
            count = minutes // size
            return f"one {name}" if count == 1 else f"{count} {name}s"
    return f"{minutes} minutes"
