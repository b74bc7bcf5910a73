"""A person who works at an organisation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept encrypted."""

    email: str | None = None
    phone: str | None = None


@dataclass(eq=False, kw_only=True)
class Employee:
    """Names in plain text, so that a desk can search and sort; `contact` is sealed."""

    id: UUID
    organisation_id: UUID
    first_name: str
    last_name: str
    contact: bytes
    created_at: datetime
    version: int = 1
