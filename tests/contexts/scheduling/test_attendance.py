"""Who came, and who did not; and what follows when a membership rests or ends."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.studio import Person, Studio
from contexts.scheduling.town import Reporter
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.contracts.membership.events import MembersMerged
from gymhopper.contracts.membership.state import Overlay
from gymhopper.kernel.ids import new_id

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FEE = {"amount": 800, "currency": "EUR"}


def visit(studio: Studio, person: Person, at: datetime, **changes: Any) -> VisitRecorded:
    usual: dict[str, Any] = {
        "visit_id": new_id(),
        "person_id": person.person_id,
        "membership_id": person.state.membership_id,
        "host_organisation_id": studio.gym.organisation_id,
        "home_organisation_id": studio.gym.organisation_id,
        "location_id": UUID(studio.location),
        "door_id": new_id(),
        "at": at,
        "entry": 1,
    }
    return VisitRecorded(**usual | changes)


async def mark(studio: Studio, booking: Any, status: str, *, expect: int = 200) -> Any:
    path = f"/bookings/{booking['id']}/attendance"
    return await studio.gym.post(path, {"status": status}, expect=expect)


async def test_staff_mark_in_one_tap_and_take_it_back(studio: Studio) -> None:
    await studio.rules(missed_fee=FEE, strikes={"most": 3, "within_days": 30, "hold_days": 7})
    anna = await studio.person()
    booking = await anna.book(await studio.class_(days=1))
    assert (await mark(studio, booking, "attended", expect=409))["code"] == "illegal_transition"
    studio.gym.clock.advance(DAY)
    assert (await mark(studio, booking, "missed"))["status"] == "missed"
    assert (await mark(studio, booking, "attended"))["status"] == "attended"
    assert (await mark(studio, booking, "booked"))["status"] == "booked"
    assert await studio.gym.told_types(booking["id"]) == [
        "booking.made",
        "booking.missed",
        "booking.fee_waived",
        "booking.attendance_taken_back",
        "booking.attended",
        "booking.attendance_taken_back",
    ]
    [strike] = await studio.gym.sql("SELECT taken_back_at FROM scheduling.strike")
    assert strike.taken_back_at is not None
    await anna.post(f"/bookings/{booking['id']}/attendance", {"status": "attended"}, expect=403)


async def test_a_door_marks_who_came_and_the_visit_counts_once(studio: Studio) -> None:
    two_a_month = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=2, per="month"),))
    anna = await studio.person(coverage=two_a_month)
    cycling = await studio.class_(days=1)
    booking = await anna.book(cycling)
    studio.gym.clock.advance(DAY - HOUR / 2)
    came = visit(studio, anna, studio.gym.clock.now(), booking_id=UUID(booking["id"]))
    await studio.gym.deliver(Reporter(came.visit_id), came)
    assert (await anna.get(f"/bookings/{booking['id']}"))["status"] == "attended"
    later = [await studio.class_(days=each) for each in (2, 3)]
    assert (await anna.book(later[0]))["status"] == "booked"
    assert await anna.refused(later[1]) == "USAGE_LIMIT_REACHED"


async def test_who_came_in_on_another_right_attended_too(studio: Studio) -> None:
    anna = await studio.person()
    soon = await anna.book(await studio.class_(days=1))
    later = await anna.book(await studio.class_(days=1.5))
    studio.gym.clock.advance(DAY - HOUR)
    came = visit(studio, anna, studio.gym.clock.now())
    await studio.gym.deliver(Reporter(came.visit_id), came)
    assert (await anna.get(f"/bookings/{soon['id']}"))["status"] == "attended"
    assert (await anna.get(f"/bookings/{later['id']}"))["status"] == "booked"


async def test_a_door_changes_nothing_about_what_staff_said_or_was_cancelled(
    studio: Studio,
) -> None:
    for deed in ("missed", "cancelled"):
        anna = await studio.person()
        booking = await anna.book(await studio.class_(days=0.1))
        studio.gym.clock.advance(timedelta(hours=3))
        if deed == "missed":
            await mark(studio, booking, "missed")
        else:
            await anna.post(f"/bookings/{booking['id']}/cancel")
        came = visit(studio, anna, studio.gym.clock.now(), booking_id=UUID(booking["id"]))
        await studio.gym.deliver(Reporter(came.visit_id), came)
        assert (await anna.get(f"/bookings/{booking['id']}"))["status"] == deed


async def test_visits_count_against_limits(studio: Studio) -> None:
    one_a_day = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="day"),))
    anna = await studio.person(coverage=one_a_day)
    came = visit(studio, anna, studio.gym.clock.now())
    await studio.gym.deliver(Reporter(came.visit_id), came)
    assert await anna.refused(await studio.class_(days=0.2)) == "DAILY_LIMIT_REACHED"
    assert (await anna.book(await studio.class_(days=1)))["status"] == "booked"


@pytest.mark.parametrize("becomes", ["attended", "missed"])
async def test_what_nobody_marked_becomes_what_the_gym_says(studio: Studio, becomes: str) -> None:
    await studio.rules(unmarked=becomes, unmarked_hours=24, missed_fee=FEE)
    anna = await studio.person()
    booking = await anna.book(await studio.class_(days=1))
    await studio.gym.pass_time(2 * DAY + HOUR - timedelta(seconds=1))
    assert (await anna.get(f"/bookings/{booking['id']}"))["status"] == "booked"
    await studio.gym.pass_time(timedelta(seconds=1))
    assert (await anna.get(f"/bookings/{booking['id']}"))["status"] == becomes
    fees = await studio.gym.sql("SELECT why FROM scheduling.fee")
    assert [each.why for each in fees] == (["no_show"] if becomes == "missed" else [])


async def test_missed_classes_count_against_limits_if_the_gym_says_so(studio: Studio) -> None:
    one_a_month = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="month"),))
    for counts, reason in ((True, "USAGE_LIMIT_REACHED"), (False, None)):
        await studio.rules(missed_counts=counts)
        anna = await studio.person(coverage=one_a_month)
        booking = await anna.book(await studio.class_(days=0.1))
        studio.gym.clock.advance(timedelta(hours=3))
        await mark(studio, booking, "missed")
        other = await studio.class_(days=1)
        if reason is None:
            assert (await anna.book(other))["status"] == "booked"
        else:
            assert await anna.refused(other) == reason


async def test_a_freeze_releases_what_was_booked_for_then_free_of_charge(studio: Studio) -> None:
    await studio.rules(late_fee=FEE)
    anna, bert = await studio.person(), await studio.person()
    before = await anna.book(await studio.class_(days=1))
    within_it = await studio.class_(places=1, days=3)
    booked = await anna.book(within_it)
    waits = await bert.book(within_it)
    start = studio.gym.clock.now() + 2 * DAY
    freeze = Overlay(overlay_id=new_id(), kind="freeze", start=start, until=start + 7 * DAY)
    await anna.has(overlays=(freeze,))
    await studio.work()
    assert (await anna.get(f"/bookings/{before['id']}"))["status"] == "booked"
    released = await anna.get(f"/bookings/{booked['id']}")
    assert (released["status"], released["ending"]) == ("cancelled", "released")
    assert (await bert.get(f"/bookings/{waits['id']}"))["status"] == "booked"
    assert await studio.gym.sql("SELECT 1 FROM scheduling.fee") == []


async def test_an_end_releases_what_lies_behind_it(studio: Studio) -> None:
    anna = await studio.person()
    near = await anna.book(await studio.class_(days=1))
    far = await anna.book(await studio.class_(days=5))
    await anna.has(end=studio.gym.clock.now() + 4 * DAY, contract="under_notice")
    await studio.work()
    assert (await anna.get(f"/bookings/{near['id']}"))["status"] == "booked"
    assert (await anna.get(f"/bookings/{far['id']}"))["ending"] == "released"


async def test_a_merge_takes_bookings_along(studio: Studio) -> None:
    anna, twin = await studio.person(), await studio.person()
    cycling = await studio.class_()
    booking = await twin.book(cycling)
    merged = MembersMerged(
        member_id=anna.member_id,
        person_id=anna.person_id,
        merged_member_id=twin.member_id,
        merged_person_id=twin.person_id,
        organisation_id=studio.gym.organisation_id,
    )
    await studio.gym.deliver(Reporter(anna.member_id), merged)
    assert (await anna.get(f"/bookings/{booking['id']}"))["member_id"] == str(anna.member_id)
    assert await anna.refused(cycling) == "ALREADY_BOOKED"
    await twin.get(f"/bookings/{booking['id']}", expect=404)
