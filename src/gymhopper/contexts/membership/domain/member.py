"""A person at an organisation."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

MemberStatus = Literal["active", "archived"]


@dataclass(eq=False, kw_only=True)
class Member:
    """What one organisation knows of a person; another organisation has a member of its own.

    `number` is unique at the organisation, and so is `external_ref`, the name that another system
    had for the member.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID
    number: str
    registered_at: datetime
    status: MemberStatus = "active"
    tags: list[str] = field(default_factory=list)
    external_ref: str | None = None
    version: int = 0
