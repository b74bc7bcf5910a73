"""Facts about who works where, and as what."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from gymhopper.contracts.event import Event


class AssignmentGranted(Event, frozen=True, kw_only=True):
    """An employee has a role from `start` on, up to but without `until`, where there is one.

    With a location it holds there only, with a legal entity at that one's places, without either
    at the whole organisation. `legal_entity_id` is that of the location, where there is one.
    """

    type: ClassVar[str] = "staff.assignment.granted.v1"
    assignment_id: UUID
    employee_id: UUID
    organisation_id: UUID
    role: str
    legal_entity_id: UUID | None = None
    location_id: UUID | None = None
    start: datetime
    until: datetime | None = None


class AssignmentEnded(Event, frozen=True, kw_only=True):
    """An assignment ends at `until`, which is earlier than it was, and may be now."""

    type: ClassVar[str] = "staff.assignment.ended.v1"
    assignment_id: UUID
    employee_id: UUID
    organisation_id: UUID
    until: datetime
