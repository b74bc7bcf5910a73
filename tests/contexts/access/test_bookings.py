"""Bookings at a door: from what scheduling says to the answer, and back as a visit."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from fixtures.access_world import LOCATION, MEMBER, Happening, World, say, scan, state
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.contexts.access import queries
from gymhopper.contexts.access.domain.records import Person
from gymhopper.contexts.access.domain.usage import Hold, Spending, Tally, Usage
from gymhopper.contexts.access.gate.ports import USAGE, VERSION_BYTES, Write
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.usecases import follow_booking
from gymhopper.contexts.access.usecases.follow_booking import FORGET_BOOKINGS, forget_bookings
from gymhopper.contexts.access.usecases.follow_waiver import compile_organisation
from gymhopper.contexts.access.usecases.hand_over_usage import hand_over_usage
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.membership.events import (
    MembershipActivated,
    MembershipOverlayChanged,
    MembersMerged,
    Overlay,
    WaiverPublished,
)
from gymhopper.contracts.scheduling import events as told
from gymhopper.contracts.scheduling.state import BookingState
from gymhopper.kernel.ids import new_id

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CLASSES_ONLY = Coverage(include=())
DESK = {"Authorization": "Bearer desk"}
TWIN = new_id()


class Studio:
    """A member whose membership opens nothing but what is booked on it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.membership = Happening(new_id())
        self.noon = world.runtime.clock.now() + HOUR

    async def join(self, **fields: Any) -> None:
        active = self.member(**fields)
        await say(self.world.runtime, self.membership, MembershipActivated(membership=active))
        await self.world.settle()

    def member(self, **fields: Any) -> Any:
        known = {"coverage": CLASSES_ONLY, **fields}
        return state(self.world.runtime, self.membership.id, **known)

    def booking(self, **fields: Any) -> BookingState:
        """A class in an hour, whose doors open half an hour before."""
        return BookingState(
            **{
                "booking_id": new_id(),
                "class_id": new_id(),
                "class_type_id": new_id(),
                "host_organisation_id": LOCATION.organisation_id,
                "home_organisation_id": MEMBER.organisation_id,
                "location_id": LOCATION.location_id,
                "person_id": MEMBER.person_id,
                "member_id": MEMBER.member_id,
                "membership_id": self.membership.id,
                "channel": "online",
                "status": "booked",
                "start": self.noon,
                "until": self.noon + HOUR,
                "zone": LOCATION.zone,
                "enter_from": self.noon - HOUR / 2,
                "enter_until": self.noon + HOUR / 4,
                **fields,
            }
        )

    async def tell(self, event: Event, about: Happening) -> None:
        await say(self.world.runtime, about, event)
        await self.world.settle()

    async def book(self, **fields: Any) -> tuple[BookingState, Happening]:
        booking = self.booking(**fields)
        about = Happening(booking.booking_id)
        await self.tell(told.BookingMade(booking=booking), about)
        return booking, about

    async def until(self, wait: timedelta) -> None:
        self.world.runtime.clock.advance(wait)
        self.world.session = await self.world.sign_in()

    async def scan(self, value: str | None = None) -> str:
        return (await scan(self.world, value))[1]

    async def visits(self) -> list[VisitRecorded]:
        await self.world.settle()
        async with self.world.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
            envelopes = await event_log.read(
                connection, after=0, last=10**9, limit=1000, types=[VisitRecorded.type]
            )
        return [each.data for each in envelopes if isinstance(each.data, VisitRecorded)]

    async def record(self) -> Person | None:
        """What the cell is told of the member."""
        feed = tables.feed.c
        async with self.world.runtime.read(SERVICE) as connection:
            payload = await connection.scalar(
                sa.select(feed.payload).where(
                    feed.kind == "person", feed.key == MEMBER.person_id.bytes
                )
            )
        return None if payload is None else msgspec.msgpack.decode(payload, type=Person)


@pytest.fixture
async def studio(furnished_world: World) -> Studio:
    return Studio(furnished_world)


async def test_a_booking_opens_the_door_around_its_class_and_the_visit_names_it(
    studio: Studio,
) -> None:
    await studio.join()
    assert await studio.scan() == "LOCATION_NOT_COVERED"
    booking, _ = await studio.book()
    assert await studio.scan() == "BOOKING_TOO_EARLY"
    await studio.until(HOUR / 2)
    assert await studio.scan() == "ALLOWED"
    await studio.until(HOUR * 3 / 4)
    assert await studio.scan() == "BOOKING_TOO_LATE"

    (visit,) = await studio.visits()
    assert (visit.booking_id, visit.membership_id, visit.on_credit) == (
        booking.booking_id,
        studio.membership.id,
        False,
    )
    (shown,) = (await studio.world.client.get("/visits", headers=DESK)).json()["items"]
    assert shown["booking_id"] == str(booking.booking_id)


async def test_coming_back_within_the_visit_is_the_same_visit(studio: Studio) -> None:
    await studio.join()
    await studio.book()
    patched = await studio.world.client.patch(
        f"/doors/{studio.world.door_id}", headers=DESK, json={"same_visit_seconds": 3600}
    )
    assert patched.status_code == 200, patched.text
    await studio.world.settle()
    await studio.until(HOUR / 2)
    assert [await studio.scan(), await studio.scan()] == ["ALLOWED", "ALLOWED"]
    assert len(await studio.visits()) == 1


async def test_a_door_that_reports_passages_names_the_booking_too(studio: Studio) -> None:
    world = studio.world
    await studio.join()
    booking, _ = await studio.book()
    patched = await world.client.patch(
        f"/doors/{world.door_id}", headers=DESK, json={"reports_passage": True}
    )
    assert patched.status_code == 200, patched.text
    await world.settle()
    await studio.until(HOUR / 2)
    session = {"Authorization": f"Bearer {world.session}"}
    asked = {
        "request_id": str(new_id()),
        "credential": {"type": "pass", "value": world.pass_value},
    }
    answer = (await world.client.post("/access/checkin", headers=session, json=asked)).json()
    assert await studio.visits() == []
    report = {"decision_id": answer["decision_id"], "outcome": "passed"}
    passed = await world.client.post("/access/passage", headers=session, json=report)
    assert passed.status_code == 200, passed.text
    assert [each.booking_id for each in await studio.visits()] == [booking.booking_id]


async def test_only_who_has_a_place_comes_in(studio: Studio) -> None:
    await studio.join()
    await studio.until(HOUR / 2)
    waiting = studio.booking(status="waiting")
    about = Happening(waiting.booking_id)

    def now(status: str) -> BookingState:
        return msgspec.structs.replace(waiting, status=status)

    offered_until = studio.noon
    for event, code in [
        (told.BookingWaitlisted(booking=waiting, position=1), "LOCATION_NOT_COVERED"),
        (
            told.BookingOffered(booking=now("offered"), offered_until=offered_until),
            "LOCATION_NOT_COVERED",
        ),
        (told.BookingOfferEnded(booking=now("waiting"), why="declined"), "LOCATION_NOT_COVERED"),
        (told.BookingPromoted(booking=now("booked")), "ALLOWED"),
        (told.BookingAttended(booking=now("attended"), how="staff"), "ALLOWED"),
        (told.AttendanceTakenBack(booking=now("booked")), "ALLOWED"),
        (told.BookingMissed(booking=now("missed"), how="staff"), "ALLOWED"),
        (
            told.BookingCancelled(booking=now("cancelled"), ending="late", had_place=True),
            "LOCATION_NOT_COVERED",
        ),
        (told.LateCancelUndone(booking=now("cancelled")), "LOCATION_NOT_COVERED"),
    ]:
        await studio.tell(event, about)
        assert await studio.scan() == code, event.type


async def test_a_class_that_moves_takes_its_doors_with_it(studio: Studio) -> None:
    await studio.join()
    booking, about = await studio.book()
    later = msgspec.structs.replace(
        booking,
        enter_from=booking.enter_from + 2 * HOUR,
        enter_until=booking.enter_until + 2 * HOUR,
    )
    await studio.tell(told.BookingMoved(booking=later), about)
    await studio.until(HOUR / 2)
    assert await studio.scan() == "BOOKING_TOO_EARLY"
    await studio.until(2 * HOUR)
    assert await studio.scan() == "ALLOWED"


async def test_a_late_older_state_brings_no_place_back(studio: Studio) -> None:
    await studio.join()
    booking = studio.booking()
    gone = msgspec.structs.replace(booking, status="cancelled")
    cancelled = told.BookingCancelled(booking=gone, ending="early", had_place=True)
    await studio.tell(cancelled, Happening(booking.booking_id, version=1))
    await studio.tell(told.BookingMade(booking=booking), Happening(booking.booking_id))
    await studio.until(HOUR / 2)
    assert await studio.scan() == "LOCATION_NOT_COVERED"


async def test_what_happens_to_the_membership_happens_to_its_bookings(studio: Studio) -> None:
    await studio.book()
    await studio.until(HOUR / 2)
    assert await studio.scan() == "NO_ENTITLEMENT", "nothing was heard of the membership yet"
    await studio.join()
    assert await studio.scan() == "ALLOWED"
    now = studio.world.runtime.clock.now()
    freeze = Overlay(overlay_id=new_id(), kind="freeze", start=now, until=None)
    frozen = MembershipOverlayChanged(
        membership=studio.member(overlays=(freeze,)), overlay_id=freeze.overlay_id
    )
    await studio.tell(frozen, studio.membership)
    assert await studio.scan() == "MEMBERSHIP_FROZEN"


async def test_a_guests_booking_falls_with_the_membership_that_it_rests_on(studio: Studio) -> None:
    """Whoever holds that membership."""
    await studio.join(person_id=new_id())
    await studio.book()
    await studio.until(HOUR / 2)
    assert await studio.scan() == "ALLOWED"
    ended = studio.member(person_id=new_id(), contract="ended", end=studio.noon - HOUR)
    await studio.tell(MembershipActivated(membership=ended), studio.membership)
    assert await studio.scan() == "MEMBERSHIP_CANCELLED"


async def test_who_was_booked_without_a_membership_comes_in_and_is_counted(studio: Studio) -> None:
    booking, _ = await studio.book(membership_id=None)
    await studio.until(HOUR / 2)
    assert await studio.scan() == "ALLOWED"
    (visit,) = await studio.visits()
    assert (visit.membership_id, visit.booking_id) == (None, booking.booking_id)
    runtime = studio.world.runtime
    async with runtime.read(SERVICE) as connection:
        found = [
            each
            async for batch in queries.usages(connection, runtime.clock.now())
            for each in batch
        ]
    ((person, usage),) = found
    assert person == MEMBER.person_id.bytes
    assert [each.visit_id for each in usage.visits] == [visit.visit_id.bytes]


async def test_who_was_booked_without_a_membership_signs_what_everybody_signs(
    studio: Studio,
) -> None:
    await studio.book(membership_id=None)
    runtime = studio.world.runtime
    waiver = Happening(new_id())
    published = WaiverPublished(
        waiver_id=waiver.id,
        organisation_id=MEMBER.organisation_id,
        number=1,
        enforced_at=runtime.clock.now(),
    )
    await studio.tell(published, waiver)
    await compile_organisation(runtime, organisation_id=MEMBER.organisation_id, after=UUID(int=0))
    await studio.world.settle()
    await studio.until(HOUR / 2)
    assert await studio.scan() == "WAIVER_REQUIRED"


@pytest.mark.parametrize("heard", ["before", "after"])
async def test_a_booking_of_somebody_who_is_merged_is_the_survivors(
    studio: Studio, heard: str
) -> None:
    merged = MembersMerged(
        member_id=MEMBER.member_id,
        person_id=MEMBER.person_id,
        merged_member_id=new_id(),
        merged_person_id=TWIN,
        organisation_id=MEMBER.organisation_id,
    )
    if heard == "before":
        await studio.tell(merged, Happening(new_id()))
    await studio.book(membership_id=None, person_id=TWIN)
    if heard == "after":
        await studio.tell(merged, Happening(new_id()))
    await studio.until(HOUR / 2)
    assert await studio.scan() == "ALLOWED"


async def test_a_merge_takes_visits_without_a_membership_along(studio: Studio) -> None:
    world, booking = studio.world, studio.booking(membership_id=None)
    name = booking.booking_id.bytes
    place = LOCATION.location_id.bytes
    spending = Spending(name, place, place, 1, 1, booking_id=name)
    usage = Usage((Tally(name, "day", 1, place, place, 1),), (Hold(name, name, name, 1, spending),))
    value = bytes(VERSION_BYTES) + msgspec.msgpack.encode(usage)
    await world.cell.commit([], [Write(USAGE + TWIN.bytes, value)], None)
    await studio.tell(told.BookingMade(booking=booking), Happening(booking.booking_id))
    await hand_over_usage(
        world.runtime, world.cell, person_id=TWIN, into_person_id=MEMBER.person_id
    )
    (raw,) = await world.cell.fetch(USAGE + MEMBER.person_id.bytes)
    assert raw is not None
    assert msgspec.msgpack.decode(raw[VERSION_BYTES:], type=Usage) == usage


async def test_what_is_over_leaves_no_trace(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_booking, "AT_ONCE", 1)
    world = studio.world
    await studio.book(membership_id=None)
    other, _ = await studio.book(membership_id=None, person_id=TWIN)
    await studio.until(2 * DAY)
    await forget_bookings(world.runtime)
    assert await studio.record() is not None, "news of it are still taken"
    await studio.until(2 * HOUR)
    for left in (1, 0):
        await forget_bookings(world.runtime)
        async with world.runtime.read(SERVICE) as connection:
            count = sa.select(sa.func.count()).select_from(tables.booking)
            assert await connection.scalar(count) == left
    await world.settle()
    assert await studio.record() is None
    assert await studio.scan() == "NO_ENTITLEMENT"
    async with world.runtime.read(SERVICE) as connection:
        jobs = sa.text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = :name")
        found = await connection.execute(jobs, {"name": FORGET_BOOKINGS})
        assert found.scalar() == 2, "after each full helping the rest"
    late = told.BookingMissed(
        booking=msgspec.structs.replace(other, status="missed"), how="default"
    )
    await studio.tell(late, Happening(other.booking_id, version=1))
    async with world.runtime.read(SERVICE) as connection:
        assert await connection.scalar(count) == 0


async def test_who_booked_again_is_not_compiled_for_what_is_over(studio: Studio) -> None:
    await studio.join()
    await studio.book()
    await studio.until(3 * DAY)
    now = studio.world.runtime.clock.now()
    fields = {"enter_from": now - MINUTE, "enter_until": now + HOUR}
    await studio.book(**fields)
    record = await studio.record()
    assert record is not None
    assert len(record.grants) == 2, "the membership, and the new booking alone"
    feed = tables.feed.c
    numbers = sa.select(feed.number).where(feed.key == MEMBER.person_id.bytes)
    async with studio.world.runtime.read(SERVICE) as connection:
        before = await connection.scalar(numbers)
    await forget_bookings(studio.world.runtime)
    async with studio.world.runtime.read(SERVICE) as connection:
        assert await connection.scalar(numbers) == before
