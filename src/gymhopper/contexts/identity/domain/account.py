"""Something that can sign in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Status = Literal["active", "closed"]


@dataclass(eq=False, kw_only=True)
class Account:
    """Who signs in, and with which address and password; for whom it acts is said elsewhere.

    `email` and `name` are sealed; `email_index` finds the account by its address. Who came from a
    provider that is not trusted with addresses has none. An account may have no password: links,
    passkeys and other providers sign in without one. An `administrator`
    acts for the whole platform.
    """

    id: UUID
    email: bytes | None
    email_index: bytes | None
    email_confirmed_at: datetime | None
    name: bytes | None = None
    password_hash: str | None = None
    status: Status = "active"
    administrator: bool = False
    language: str = "en"
    created_at: datetime
    version: int = 1
