"""Routes of when instructors take appointments, and of what is left of it."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.scheduling.domain.appointment import bookable
from gymhopper.contexts.scheduling.domain.free_busy import OtherDay, Range, WorkingHours
from gymhopper.contexts.scheduling.http.fields import Instant, Request, organisations
from gymhopper.contexts.scheduling.queries import catalogue
from gymhopper.contexts.scheduling.queries.free_times import free_times, place_for
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.storage.appointment_tables import availability, service
from gymhopper.contexts.scheduling.usecases.keep_service import (
    put_availability as keep_availability,
)
from gymhopper.kernel.calendar import Hours
from gymhopper.kernel.errors import InvalidInput

router = APIRouter(tags=["services"])

WEEK, LONGEST = timedelta(days=7), timedelta(days=31)

MinuteOfDay = Annotated[
    int,
    Field(
        ge=0, le=2880, multiple_of=5, strict=True, description="Minutes after midnight, local time."
    ),
]


class Stretch(Request):
    """From when until when; past 1440 it runs into the next day."""

    start: MinuteOfDay = Field(lt=1440, examples=[540])
    until: MinuteOfDay = Field(examples=[1020])

    @model_validator(mode="after")
    def _forward(self) -> "Stretch":
        if self.until <= self.start:
            raise ValueError("hours run from a minute of the day to a later one")
        return self


class WeeklyStretch(Stretch):
    """On a day of every week: 1 is Monday."""

    weekday: int = Field(ge=1, le=7, strict=True)


class OtherHours(Request):
    """A date on which other hours hold; without any nobody is there."""

    on: date
    hours: list[Stretch] = Field(default=[], max_length=20)


class AvailabilityBody(Request):
    """When an instructor takes appointments at a location, on its wall clock."""

    location_id: UUID
    weekly: list[WeeklyStretch] = Field(max_length=100)
    exceptions: list[OtherHours] = Field(default=[], max_length=400)

    def value(self) -> WorkingHours:
        """As the domain has it."""
        return WorkingHours(
            weekly=tuple(Hours(x.weekday, x.start, x.until) for x in self.weekly),
            exceptions=tuple(
                OtherDay(x.on, tuple((y.start, y.until) for y in x.hours)) for x in self.exceptions
            ),
        )

    @classmethod
    def of(cls, location_id: UUID, hours: WorkingHours) -> "AvailabilityBody":
        """As an answer has it."""
        return cls(
            location_id=location_id,
            weekly=[
                WeeklyStretch(weekday=x.weekday, start=x.start, until=x.until) for x in hours.weekly
            ],
            exceptions=[
                OtherHours(
                    on=x.on,
                    hours=[Stretch(start=start, until=until) for start, until in x.hours],
                )
                for x in hours.exceptions
            ],
        )


class Availabilities(BaseModel):
    """Of one instructor, at every location."""

    items: list[AvailabilityBody]


class FreeTime(BaseModel):
    """A start, and who is free."""

    start_at: datetime
    until_at: datetime
    instructor_ids: list[UUID]


class FreeTimes(BaseModel):
    """In order."""

    items: list[FreeTime]


class FreeTimesQuery(BaseModel):
    """Where, with whom, and within which time: a week, or until then; 31 days at most."""

    location_id: UUID
    instructor_id: UUID | None = None
    from_: Instant = Field(alias="from")
    until: Instant | None = None

    @property
    def range(self) -> Range:
        """Raises InvalidInput."""
        until = self.until or self.from_ + WEEK
        if not self.from_ < until <= self.from_ + LONGEST:
            raise InvalidInput("Ask for 31 days at most.", field="until")
        return Range(self.from_, until)


@router.put("/instructors/{instructor_id}/availability", summary="Say when somebody has time")
async def put_availability(
    instructor_id: UUID,
    body: AvailabilityBody,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> AvailabilityBody:
    """At one location, instead of what was said of it. What is booked stays."""
    async with runtime.begin(caller) as uow:
        made = await keep_availability(uow, instructor_id, body.location_id, body.value())
    return AvailabilityBody.of(made.location_id, made.hours)


@router.get("/instructors/{instructor_id}/availability", summary="Read when somebody has time")
async def get_availability(
    instructor_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> Availabilities:
    """As it was said, by location. See free times for what is left of it."""
    of = availability.c
    async with runtime.read(caller) as connection:
        await catalogue.one(connection, tables.instructor, instructor_id, organisations(caller))
        query = select(of.location_id, of.hours).where(of.instructor_id == instructor_id)
        found = (await connection.execute(query.order_by(of.id))).all()
    return Availabilities(items=[AvailabilityBody.of(x.location_id, x.hours) for x in found])


@router.get("/services/{service_id}/free-times", summary="When there is time for it")
async def list_free_times(
    service_id: UUID,
    query: Annotated[FreeTimesQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> FreeTimes:
    """For which a member can book it now. None of them is kept for anybody."""
    asked = query.range
    async with runtime.read(caller) as connection:
        found = await catalogue.one(connection, service, service_id, organisations(caller))
        place = await place_for(connection, found.organisation_id, query.location_id)
    within = bookable(found, runtime.clock.now())
    within = Range(max(asked.start, within.start), min(asked.until, within.until))
    offered = found.instructor_ids if found.retired_at is None else ()
    instructors = [x for x in offered if query.instructor_id in {None, x}]
    # What is in the way is of others; only where it is not is told.
    async with runtime.read(SERVICE) as connection:
        starts = await free_times(connection, found, place, instructors, within)
    length = timedelta(minutes=found.minutes)
    return FreeTimes(
        items=[
            FreeTime(start_at=start, until_at=start + length, instructor_ids=list(free))
            for start, free in starts.items()
        ]
    )
