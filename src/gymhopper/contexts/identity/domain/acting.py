"""For whom a session acts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingFor:
    """What a session's caller is besides its account; see `contracts.identity.api.Caller`.

    `until` is when this ends by the clock.
    """

    kind: str = "member"
    organisation_id: UUID | None = None
    scopes: tuple[str, ...] = ()
    person_id: UUID | None = None
    assignment_id: UUID | None = None
    role: str | None = None
    legal_entity_id: UUID | None = None
    location_id: UUID | None = None
    impersonator: UUID | None = None
    within: tuple[UUID, ...] = ()
    until: datetime | None = None


NOBODY = ActingFor()
"""A session that acts for nobody: it may see to its own account, and nothing else."""
