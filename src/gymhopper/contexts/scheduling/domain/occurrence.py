"""A class: one dated occurrence."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.errors import ClassOver
from gymhopper.contracts.scheduling.state import ClassState, ClassStatus
from gymhopper.kernel.errors import InvalidInput

Cause = Literal["gym", "holiday", "schedule"]

LONGEST = timedelta(days=1)


@dataclass(eq=False, kw_only=True)
class Class:
    """`[start_at, until_at)` at a location, taught by `instructor_ids`.

    `on_date` is the local date that its schedule gave it, `edited` names what was changed for this
    one alone. `taken` and `waiting` count its bookings; `last_number` was given to the latest.
    """

    id: UUID
    host_organisation_id: UUID
    location_id: UUID
    class_type_id: UUID
    schedule_id: UUID | None
    on_date: date | None
    name: str
    start_at: datetime
    until_at: datetime
    zone: str
    room_id: UUID | None
    instructor_ids: tuple[UUID, ...]
    capacity: int
    caps: Caps
    created_at: datetime
    substitute: bool = False
    status: ClassStatus = "scheduled"
    cause: Cause | None = None
    edited: tuple[str, ...] = ()
    taken: int = 0
    waiting: int = 0
    last_number: int = 0
    version: int = 0

    def __post_init__(self) -> None:
        if not timedelta() < self.until_at - self.start_at <= LONGEST:
            raise InvalidInput("A class takes a day at most, and some time.", field="minutes")

    @property
    def free(self) -> int:
        """Places that nobody has taken; none when it was made smaller than it is full."""
        return max(0, self.capacity - self.taken)

    def require_ahead(self, now: datetime) -> None:
        """Raises ClassOver when it has begun or was cancelled."""
        if self.status == "cancelled":
            raise ClassOver("This class was cancelled.")
        if self.start_at <= now:
            raise ClassOver("This class has begun.")

    def cancel(self, cause: Cause) -> None:
        """It does not take place. Raises ClassOver when that was said before."""
        if self.status == "cancelled":
            raise ClassOver("This class was cancelled before.")
        self.status, self.cause = "cancelled", cause

    def state(self, area_id: UUID | None = None) -> ClassState:
        """What its events tell; `area_id` is that of its room."""
        return ClassState(
            class_id=self.id,
            host_organisation_id=self.host_organisation_id,
            location_id=self.location_id,
            class_type_id=self.class_type_id,
            schedule_id=self.schedule_id,
            name=self.name,
            start=self.start_at,
            until=self.until_at,
            zone=self.zone,
            room_id=self.room_id,
            area_id=area_id,
            instructor_ids=self.instructor_ids,
            capacity=self.capacity,
            status=self.status,
            substitute=self.substitute,
        )
