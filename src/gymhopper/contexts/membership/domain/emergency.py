"""Whom to call when something happens to a member."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec


class EmergencyContact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another human being, who did not give us this: kept sealed, and only for this purpose."""

    name: str
    phone: str
    relation: str | None = None


@dataclass(eq=False, kw_only=True)
class SealedEmergencyContact:
    """A member's emergency contact at one organisation; `id` is the member's.

    Sealed under a data key that the member's person has for this alone.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID
    sealed: bytes
    changed_at: datetime
    version: int = 1
