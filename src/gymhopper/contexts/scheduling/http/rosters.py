"""Routes for whoever stands at the door of a class: who is to come, and who came."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.http.fields import Request
from gymhopper.contexts.scheduling.queries.roster import Entry, roster
from gymhopper.contexts.scheduling.queries.scene import Scene
from gymhopper.contexts.scheduling.usecases import mark_class as marking
from gymhopper.contexts.scheduling.usecases.mark_attendance import Mark
from gymhopper.contexts.scheduling.usecases.reach import require_host
from gymhopper.contexts.scheduling.usecases.standings import seen_class
from gymhopper.contracts.membership.api import MembershipApi, PersonName
from gymhopper.contracts.scheduling.state import BookingStatus, Channel, ClassStatus

router = APIRouter(prefix="/classes/{class_id}", tags=["bookings"])


class RosterEntry(BaseModel):
    """A booking of the class. Of a network's member there is the first name only, of whoever is not
    known any more none. `position` is the place in line of one that waits, from 1; a guest comes
    with `host_booking_id`."""

    booking_id: UUID
    member_id: UUID
    person_id: UUID
    first_name: str | None
    last_name: str | None
    membership_id: UUID | None
    status: BookingStatus
    channel: Channel
    number: int
    position: int | None
    spot: str | None
    host_booking_id: UUID | None
    bypassed: list[str]


class Roster(BaseModel):
    """Everybody in the class and in its line, in the order in which they were served."""

    class_id: UUID
    name: str
    start: datetime
    until: datetime
    zone: str
    status: ClassStatus
    capacity: int
    taken: int
    waiting: int
    items: list[RosterEntry]


class BookingMark(Request):
    """Whether one person came; `booked` takes back what was said."""

    booking_id: UUID
    status: Mark


class ClassAttendance(Request):
    """What is said of some, and of all others."""

    marks: list[BookingMark] = Field(default=[], max_length=10_000)
    rest: Literal["attended", "missed"] | None = Field(
        default=None,
        description="Of everybody else with a place of whom nothing was said yet.",
    )

    def said(self) -> list[marking.Said]:
        """As the use case has it."""
        return [marking.Said(each.booking_id, each.status) for each in self.marks]


class MarkedBooking(BaseModel):
    """What a booking is now."""

    booking_id: UUID
    status: BookingStatus


class MarkedClass(BaseModel):
    """All that have a place in the class. `changed` became something else by this request."""

    changed: int
    items: list[MarkedBooking]


@router.get("/roster", summary="Read the roster of a class")
async def read_roster(
    class_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("attendance:read"),
) -> Roster:
    """For the staff of the gym that runs the class, at its location: names, and nothing else of
    the people themselves; of a network's members their first names. Cancelled bookings are left
    out."""
    scene = await _scene(here, caller, class_id)
    async with here.read(caller) as connection:
        found = await roster(connection, class_id)
    people = tuple(dict.fromkeys(each.person_id for each in found))
    names = await here.api(MembershipApi).names(person_ids=people) if people else ()
    by_person = {each.person_id: each for each in names}
    return Roster(
        class_id=class_id,
        name=scene.state.name,
        start=scene.state.start,
        until=scene.state.until,
        zone=scene.state.zone,
        status=scene.state.status,
        capacity=scene.state.capacity,
        taken=sum(each.status != "waiting" for each in found),
        waiting=sum(each.status == "waiting" for each in found),
        items=[_entry(scene, each, by_person.get(each.person_id)) for each in found],
    )


@router.post("/attendance", summary="Say who came to a class")
async def mark_class_attendance(
    class_id: UUID,
    body: ClassAttendance,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("attendance:write"),
) -> MarkedClass:
    """Of everybody at once, or of nobody: when one of them cannot be marked, none is. What staff or
    a door said before stays, but for those who are named. Sent again, it changes nothing."""
    await _scene(here, caller, class_id)
    by = By.present(caller, here.clock.now())
    async with here.begin(SERVICE) as uow:
        marked = await marking.mark_class(uow, class_id, body.said(), body.rest, by)
    return MarkedClass(
        changed=marked.changed,
        items=[MarkedBooking(booking_id=x.id, status=x.status) for x in marked.bookings],
    )


async def _scene(here: Runtime, caller: AuthSubject, class_id: UUID) -> Scene:
    scene = await seen_class(here, class_id)
    async with here.read(SERVICE) as connection:
        await require_host(connection, caller, scene.state)
    return scene


def _entry(scene: Scene, entry: Entry, name: PersonName | None) -> RosterEntry:
    own = entry.home_organisation_id == scene.state.host_organisation_id
    return RosterEntry(
        booking_id=entry.id,
        member_id=entry.member_id,
        person_id=entry.person_id,
        first_name=None if name is None else name.first_name,
        last_name=name.last_name if name is not None and own else None,
        membership_id=entry.membership_id,
        status=entry.status,
        channel=entry.channel,
        number=entry.number,
        position=entry.position,
        spot=entry.spot,
        host_booking_id=entry.host_booking_id,
        bypassed=list(entry.bypassed),
    )
