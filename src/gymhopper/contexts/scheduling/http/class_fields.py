"""What is said of a class, and what is answered."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.contexts.scheduling.domain.occurrence import Cause, Class
from gymhopper.contexts.scheduling.http.fields import (
    Capacity,
    CapsField,
    Minutes,
    Name,
    Patch,
    Request,
    WallClock,
)
from gymhopper.contexts.scheduling.usecases.schedule_class import NewClass
from gymhopper.contexts.scheduling.usecases.start import Start
from gymhopper.contracts.scheduling.state import ClassStatus
from gymhopper.kernel.calendar import local
from gymhopper.kernel.errors import InvalidInput

Instructors = Annotated[list[UUID], Field(max_length=20)]
Override = Annotated[
    bool, Field(description="Take rooms and instructors that are not free at that time, too.")
]
StartAt = Annotated[AwareDatetime | None, Field(description="An instant; or else `local_start`.")]
LocalStart = Annotated[
    WallClock | None, Field(description="The wall clock of the location, without a zone.")
]


class NewClassBody(Request):
    """A class of its own. Name and length are its kind's unless they are given, and `capacity` as
    many places as its room has spots."""

    location_id: UUID
    class_type_id: UUID
    start_at: StartAt = None
    local_start: LocalStart = None
    name: Name | None = None
    minutes: Minutes | None = None
    room_id: UUID | None = None
    instructor_ids: Instructors = Field(default=[])
    capacity: Capacity | None = None
    caps: CapsField = CapsField()
    override_conflicts: Override = False

    def value(self) -> NewClass:
        """As the use case has it."""
        return NewClass(
            location_id=self.location_id,
            class_type_id=self.class_type_id,
            start=start_of(self.start_at, self.local_start),
            name=self.name,
            minutes=self.minutes,
            room_id=self.room_id,
            instructor_ids=tuple(self.instructor_ids),
            capacity=self.capacity,
            caps=self.caps.value(),
            override_conflicts=self.override_conflicts,
        )


class ChangedClass(Patch):
    """A merge patch (RFC 7396): what is absent stays. A new start keeps the length."""

    start_at: StartAt = None
    local_start: LocalStart = None
    minutes: Minutes | None = None
    name: Name | None = None
    room_id: UUID | None = None
    instructor_ids: Instructors | None = None
    capacity: Capacity | None = None
    caps: CapsField | None = None
    override_conflicts: Override = False

    def changes(self) -> dict[str, Any]:
        """What is to be different, as the use case has it."""
        given = self.given("room_id")
        given.pop("override_conflicts", None)
        if {"start_at", "local_start"} & set(given):
            given["start"] = start_of(given.pop("start_at", None), given.pop("local_start", None))
        if self.instructor_ids is not None:
            given["instructor_ids"] = tuple(self.instructor_ids)
        if self.caps is not None:
            given["caps"] = self.caps.value()
        return given


class SubstitutionBody(Request):
    """Who teaches instead of whom."""

    from_instructor_id: UUID
    to_instructor_id: UUID
    override_conflicts: Override = False
    tell_members: bool = True
    tell_instructors: bool = True


class ClassAnswer(BaseModel):
    """A class as it is now. `edited` names what was changed for this one of its series alone."""

    id: UUID
    organisation_id: UUID
    location_id: UUID
    class_type_id: UUID
    schedule_id: UUID | None
    on_date: date | None
    name: str
    start_at: datetime
    until_at: datetime
    local_start: datetime = Field(description="The wall clock there, with its offset.")
    zone: str
    room_id: UUID | None
    instructor_ids: list[UUID]
    substitute: bool
    capacity: int
    caps: CapsField
    status: ClassStatus
    cause: Cause | None = Field(description="Why it was cancelled.")
    edited: list[str]
    taken: int
    waiting: int


class ChangedClassAnswer(ClassAnswer):
    """The class, and how many of its bookings follow."""

    bookings: int


def start_of(instant: datetime | None, wall: datetime | None) -> Start:
    """Raises InvalidInput when neither is said, or both."""
    try:
        return Start(instant, wall)
    except OverflowError as error:
        raise InvalidInput("There is no such time.", field="start_at") from error


def fields_of(found: Class) -> dict[str, Any]:
    """What an answer shows of a class."""
    from_row = (
        *("id", "location_id", "class_type_id", "schedule_id", "on_date", "name", "start_at"),
        *("until_at", "zone", "room_id", "substitute", "capacity", "status", "cause", "taken"),
        "waiting",
    )
    return {
        **{name: getattr(found, name) for name in from_row},
        "organisation_id": found.host_organisation_id,
        "local_start": local(found.start_at, found.zone),
        "instructor_ids": list(found.instructor_ids),
        "caps": CapsField.of(found.caps),
        "edited": list(found.edited),
    }
