"""Routes that show the timetable."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.contexts.scheduling.http.class_types import RequirementsField
from gymhopper.contexts.scheduling.http.fields import Name, organisations
from gymhopper.contexts.scheduling.http.rooms import SpotField
from gymhopper.contexts.scheduling.queries import timetable as reading
from gymhopper.contexts.scheduling.queries.scene import Setting
from gymhopper.contexts.scheduling.usecases import see_for_oneself as seeing
from gymhopper.contracts.scheduling.state import BookingStatus, ClassStatus
from gymhopper.kernel.calendar import local

router = APIRouter(prefix="/classes", tags=["classes"])

_POINT = r"^-?\d{1,2}(\.\d{1,15})?,-?\d{1,3}(\.\d{1,15})?$"


class Named(BaseModel):
    """A thing with its name."""

    id: UUID
    name: str


class Where(BaseModel):
    """A location; `distance_km` from where it was asked, as the crow flies."""

    id: UUID
    name: str
    city: str
    zone: str
    distance_km: float | None


class Window(BaseModel):
    """When the class is booked; null: always. Until `free_until` a cancellation is free."""

    opens_at: datetime | None
    closes_at: datetime
    free_until: datetime


class Verdict(BaseModel):
    """A membership that is held, and why it cannot be used for the class; null: it can."""

    membership_id: UUID
    code: str | None


class You(BaseModel):
    """What the member who looks may do: `book` a place, `wait` for one, or nothing, for a `reason`
    that ends at `from` where that is known. What is booked already has its `booking_id`."""

    may: Literal["book", "wait"] | None
    reason: str | None
    from_: datetime | None = Field(serialization_alias="from")
    membership_id: UUID | None
    credits: int
    booking_id: UUID | None
    status: BookingStatus | None
    memberships: list[Verdict]

    @classmethod
    def of(cls, seen: seeing.You | None) -> "You | None":
        """As it was found; nothing for whoever is no member."""
        if seen is None:
            return None
        return cls(
            may=seen.may,
            reason=seen.reason,
            from_=seen.from_,
            membership_id=seen.membership_id,
            credits=seen.credits,
            booking_id=seen.booking_id,
            status=seen.status,
            memberships=[
                Verdict(membership_id=x.membership_id, code=x.code) for x in seen.memberships
            ],
        )


class TimetableClass(BaseModel):
    """A class with all that the timetable shows of it."""

    id: UUID
    organisation_id: UUID
    schedule_id: UUID | None
    name: str
    start_at: datetime
    until_at: datetime
    local_start: datetime = Field(description="The wall clock there, with its offset.")
    location: Where
    class_type: Named
    room: Named | None
    instructors: list[Named]
    substitute: bool = Field(description="Somebody teaches who was not planned.")
    status: ClassStatus
    capacity: int
    free: int = Field(description="Places that nobody has.")
    waiting: int = Field(description="People in line.")
    booking: Window
    you: You | None = Field(description="Of members alone.")


class SeatField(SpotField):
    """A spot of the room, and whether somebody has it in this class."""

    taken: bool


class ClassDetails(TimetableClass):
    """A class on a page of its own. A place takes so many `credits` of whoever comes on them."""

    version: int = Field(description="Of what staff say of it, for `If-Match`.")
    description: str
    credits: int
    requirements: RequirementsField
    spots: list[SeatField]


class TimetablePage(Page[TimetableClass]):
    """Some of the timetable, by the start."""


class TimetableQuery(PageQuery):
    """What, where and when. With none of location, organisation, city and point it is what the
    caller's own gyms offer. `from` is now unless it is given."""

    location_id: UUID | None = None
    organisation_id: UUID | None = None
    city: Name | None = None
    near: str | None = Field(
        default=None,
        pattern=_POINT,
        description="Latitude and longitude in degrees.",
        examples=["48.2082,16.3738"],
    )
    within_km: float = Field(default=10, gt=0, le=500)
    from_: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    on: date | None = Field(
        default=None, alias="date", description="A local date, of each location its own."
    )
    class_type_id: UUID | None = None
    instructor_id: UUID | None = None
    free: bool = Field(default=False, description="Only where there is a place.")
    cancelled: bool = Field(default=False, description="Those as well that do not take place.")

    @model_validator(mode="after")
    def _point_on_earth(self) -> "TimetableQuery":
        if self.near is not None:
            latitude, longitude = map(float, self.near.split(","))
            if abs(latitude) > 90 or abs(longitude) > 180:
                raise ValueError("near is a latitude up to 90 and a longitude up to 180 degrees")
        return self

    def wanted(self, caller: AuthSubject, now: datetime) -> reading.TimetableFilter:
        """As the query has it."""
        near = None
        if self.near is not None:
            latitude, longitude = map(float, self.near.split(","))
            near = reading.Near(latitude=latitude, longitude=longitude, km=self.within_km)
        whose: Sequence[UUID] | None = None
        if self.organisation_id is not None:
            whose = (self.organisation_id,)
        elif self.location_id is None and self.city is None and near is None:
            whose = organisations(caller)
        return reading.TimetableFilter(
            start=self.from_ or now,
            until=self.until,
            on=self.on,
            location_id=self.location_id,
            organisations=whose,
            city=self.city,
            near=near,
            class_type_id=self.class_type_id,
            instructor_id=self.instructor_id,
            free=self.free,
            cancelled=self.cancelled,
        )


@router.get("", summary="Read the timetable", response_model=TimetablePage)
async def list_classes(
    query: Annotated[TimetableQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> Response:
    """Of every gym, by the start. `near` finds what is on around a point."""
    async with runtime.asking(caller) as connection:
        found = await reading.timetable(
            connection,
            query.wanted(caller, runtime.clock.now()),
            after=query.after(tuple[datetime, UUID]),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: (each.row.start_at, each.row.id))
    yours = await seeing.see_for_oneself(runtime, caller, [each.scene for each in shown])
    # Nothing is read as often: the page is written as it is, without the framework's models.
    items = [{**fields_of(each), "you": yours.get(each.row.id)} for each in shown]
    page = msgspec.json.encode({"items": items, "next_cursor": next_cursor})
    return Response(page, media_type="application/json")


@router.get("/{class_id}", summary="Read a class")
async def get_class(
    class_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> ClassDetails:
    """Of every gym; which spots are taken, and not by whom."""
    async with runtime.asking(caller) as connection:
        found = await reading.timetable_class(connection, class_id)
    taken: set[str] = set()
    if found.scene.spots:
        # Others' bookings are not the caller's to see; where they sit is.
        async with runtime.read(SERVICE) as connection:
            taken = await reading.taken_spots(connection, class_id)
    yours = await seeing.see_for_oneself(runtime, caller, [found.scene])
    return ClassDetails(
        **fields_of(found),
        you=You.of(yours.get(class_id)),
        version=found.scene.setting.version,
        description=found.row.description,
        credits=found.scene.occasion.credits,
        requirements=RequirementsField.of(found.scene.occasion.requirements),
        spots=[
            SeatField(**SpotField.of(each).model_dump(), taken=each.name in taken)
            for each in found.scene.spots
        ],
    )


def fields_of(entry: reading.Entry) -> dict[str, Any]:
    """What is shown of a class wherever it is, in plain values."""
    row, scene = entry.row, entry.scene
    told = _told(scene.setting, row.place, row.city, row.class_type, row.room)
    km = None if row.km is None else round(row.km, 2)
    return {
        **told,
        "location": {**told["location"], "distance_km": km},
        "instructors": [{"id": key, "name": name} for key, name in entry.instructors],
        "free": scene.free,
        "waiting": scene.waiting,
    }


# The setting is one object as long as nothing of the class changed.
@lru_cache(maxsize=4096)
def _told(
    setting: Setting, place: str, city: str, class_type: str, room: str | None
) -> dict[str, Any]:
    state, rules = setting.state, setting.occasion.rules
    return {
        "id": state.class_id,
        "organisation_id": state.host_organisation_id,
        "schedule_id": state.schedule_id,
        "name": state.name,
        "start_at": state.start,
        "until_at": state.until,
        "local_start": local(state.start, state.zone),
        "location": {"id": state.location_id, "name": place, "city": city, "zone": state.zone},
        "class_type": {"id": state.class_type_id, "name": class_type},
        "room": None if state.room_id is None else {"id": state.room_id, "name": room},
        "substitute": state.substitute,
        "status": state.status,
        "capacity": state.capacity,
        "booking": {
            "opens_at": rules.opens_at(state.start, state.zone),
            "closes_at": rules.closes_at(state.start),
            "free_until": rules.free_until(state.start),
        },
    }
