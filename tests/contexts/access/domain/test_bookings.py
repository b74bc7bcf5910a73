"""What a booking opens: the place of its class, around its time, as long as nothing else stops."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.access.domain.cases import AREA, HERE, THERE, ask, changed, door, policies, state
from contexts.access.domain.test_compiling import (
    DAY,
    NOON,
    at_the_door,
    membership,
    memberships,
    moments,
)
from gymhopper.contexts.access.domain import usage as using
from gymhopper.contexts.access.domain.bookings import TOO_LATE_FOR, Booked, compile_booking
from gymhopper.contexts.access.domain.compiling import compile_person
from gymhopper.contexts.access.domain.decision import Decision
from gymhopper.contexts.access.domain.records import Door, Stop, milliseconds
from gymhopper.contexts.access.domain.usage import Tally, Usage
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota, VisitQuota
from gymhopper.contracts.membership.events import Hosted, MembershipState, Overlay
from gymhopper.kernel.calendar import Hours

MINUTE = timedelta(minutes=1)
EARLY, LATE = NOON - 30 * MINUTE, NOON + 15 * MINUTE
HOST = UUID(int=77)
CLASSES_ONLY = membership(coverage=Coverage(include=()))


def booked(on: MembershipState | None = CLASSES_ONLY, **fields: Any) -> Booked:
    """A class at noon in a room here, booked on that membership."""
    defaults: dict[str, Any] = {
        "booking_id": UUID(int=900),
        "membership_id": None if on is None else on.membership_id,
        "home_organisation_id": UUID(int=3),
        "location_id": UUID(bytes=HERE),
        "area_id": None,
        "zone": "Europe/Berlin",
        "enter_from": EARLY,
        "enter_until": LATE,
        "rests_on": on,
    }
    return Booked(**(defaults | fields))


def answer(
    *places: Booked,
    at: datetime = NOON,
    compiled_at: datetime = NOON,
    held: tuple[MembershipState, ...] = (),
    unsigned: tuple[Stop, ...] = (),
    usage: Usage | None = None,
    here: Door | None = None,
) -> Decision:
    """The door's answer to somebody with these bookings and memberships."""
    compiled = [compile_booking(each, compiled_at, unsigned) for each in places]
    grants = [each for each in compiled if each is not None]
    asked = changed(
        state(),
        person=compile_person(held, compiled_at, booked=grants),
        policies=policies(*(each.coverage for each in (*places, *held))),
        usage=usage or Usage(),
    )
    return ask(asked if here is None else changed(asked, door=here), at)


areas = st.sampled_from([None, AREA, b"b" * 16])


@given(st.integers(-32, 17), st.sampled_from([HERE, HERE, THERE]), areas, areas)
def test_a_booking_opens_its_place_in_its_window_and_nothing_else(
    minutes: int, location: bytes, room: bytes | None, into: bytes | None
) -> None:
    at = NOON + minutes * MINUTE
    place = booked(area_id=None if room is None else UUID(bytes=room))
    decision = answer(place, at=at, here=door(location_id=location, area_id=into))
    there = location == HERE and (room is None or into is None or room == into)
    assert (decision.outcome == "allow") == (there and EARLY <= at < LATE)


@given(memberships, moments, moments)
def test_what_closes_doors_to_a_membership_closes_them_to_its_bookings(
    on: MembershipState, now: datetime, compiled_at: datetime
) -> None:
    place = booked(on, enter_from=now - DAY, enter_until=now + DAY)
    compiled_at = min(compiled_at, now)
    decision = answer(place, at=now, compiled_at=compiled_at)
    plain = at_the_door(on, now, compiled_at)
    assert decision.outcome == plain.outcome
    assert decision.outcome == "allow" or decision.code in {plain.code, "BOOKING_TOO_EARLY"}


def test_a_debt_that_is_young_is_a_notice_to_who_comes_for_a_class() -> None:
    owing = membership(overdue_since=NOON - DAY, no_entry_from=NOON + DAY)
    assert answer(booked(owing)).notices == ("PAYMENT_GRACE",)


def test_a_class_opens_its_doors_at_any_hour() -> None:
    closed = door(hours=(Hours(6, 0, 60),), exceptions={NOON.date().toordinal(): ()})
    mornings = membership(coverage=Coverage(include=(Clause(),), hours=(Hours(1, 360, 420),)))
    assert answer(held=(mornings,)).code == "OUTSIDE_PLAN_HOURS"
    assert answer(held=(mornings,), here=closed).code == "LOCATION_CLOSED"
    assert answer(booked(mornings), held=(mornings,), here=closed).code == "ALLOWED"
    assert answer(booked(mornings), here=door(mode="lockdown")).code == "DOOR_LOCKDOWN"


def test_a_visit_for_a_class_is_linked_to_it_though_the_membership_would_do() -> None:
    running = membership()
    for at, linked in [(NOON, True), (LATE, False)]:
        decision = answer(booked(running), at=at, held=(running,))
        assert decision.code == "ALLOWED"
        assert decision.spending is not None
        assert decision.spending.membership == running.membership_id.bytes
        assert (decision.spending.booking_id == UUID(int=900).bytes) == linked


def test_it_is_not_asked_for_visits_but_counts_as_one() -> None:
    quotas = {
        "quotas": (VisitQuota(visits=1, per="day"),),
        "spans": (SpanQuota(visits=1, per="week"),),
    }
    limited = membership(coverage=Coverage(include=(Clause(),), **quotas))
    first = answer(booked(limited), held=(limited,))
    assert first.usage is not None
    counted = {(each.membership_id, each.per): each.visits for each in first.usage.tallies}
    mine = limited.membership_id.bytes
    assert counted == {(mine, "day"): 1, (mine, "week"): 1, (mine, "month"): 1}
    later = NOON + MINUTE
    refused = answer(held=(limited,), usage=first.usage, at=later)
    assert refused.code == "DAILY_LIMIT_REACHED"
    again = answer(booked(limited), held=(limited,), usage=first.usage, at=later)
    assert again.code == "ALLOWED"


def test_its_credit_was_taken_when_it_was_booked() -> None:
    pack = membership(credits=1)
    used = Usage((Tally(pack.membership_id.bytes, "ever", using.EVER, b"", b"", 1),))
    assert answer(held=(pack,), usage=used).code == "CREDITS_EXHAUSTED"
    decision = answer(booked(pack), held=(pack,), usage=used)
    assert decision.code == "ALLOWED"
    assert decision.usage is not None
    assert using.credits_used(decision.usage, pack.membership_id.bytes, milliseconds(NOON)) == 1


def test_without_a_membership_it_counts_for_itself() -> None:
    decision = answer(booked(None))
    assert decision.code == "ALLOWED"
    assert decision.spending is not None
    assert decision.spending.membership is None
    assert decision.spending.membership_id == decision.spending.booking_id == UUID(int=900).bytes
    missing = Stop("WAIVER_REQUIRED", 0)
    assert answer(booked(None), unsigned=(missing,)).code == "WAIVER_REQUIRED"


def test_a_membership_that_nobody_heard_of_opens_nothing_yet() -> None:
    assert compile_booking(msgspec.structs.replace(booked(), rests_on=None), NOON) is None


def test_a_guest_of_a_class_comes_after_the_host_where_the_pass_says_so() -> None:
    hosted = Hosted(membership_id=UUID(int=5), person_id=HOST, host_inside=True)
    guest = membership(hosted=hosted, credits=1, end=NOON + DAY, paid_until=None)
    assert answer(booked(guest)).code == "GUEST_HOST_REQUIRED"


OVER = booked(membership_id=None, rests_on=None, enter_from=NOON - 2 * TOO_LATE_FOR,
              enter_until=NOON - MINUTE, booking_id=UUID(int=901))  # fmt: skip
COMING = booked(None, enter_from=NOON + MINUTE, enter_until=NOON + DAY, booking_id=UUID(int=902))
ELSEWHERE = booked(None, location_id=UUID(bytes=THERE), booking_id=UUID(int=903))
ENDED = membership(end=NOON - DAY, end_reason="expired")
CHEAP = membership(coverage=Coverage(include=(Clause(tier_up_to=1),)))
FROZEN = membership(
    overlays=(Overlay(overlay_id=UUID(int=1), kind="freeze", start=NOON - DAY, until=None),)
)


@pytest.mark.parametrize(
    ("places", "held", "code"),
    [
        ((COMING,), (), "BOOKING_TOO_EARLY"),
        ((OVER,), (), "BOOKING_TOO_LATE"),
        ((OVER, COMING), (), "BOOKING_TOO_EARLY"),
        ((ELSEWHERE,), (), "LOCATION_NOT_COVERED"),
        ((ELSEWHERE,), (CHEAP,), "TIER_TOO_LOW"),
        ((COMING,), (CHEAP,), "BOOKING_TOO_EARLY"),
        ((OVER,), (CHEAP,), "BOOKING_TOO_LATE"),
        ((OVER,), (ENDED,), "MEMBERSHIP_EXPIRED"),
        ((COMING,), (FROZEN,), "MEMBERSHIP_FROZEN"),
        ((booked(FROZEN),), (), "MEMBERSHIP_FROZEN"),
        ((booked(ENDED),), (), "MEMBERSHIP_EXPIRED"),
        ((COMING,), (membership(),), "ALLOWED"),
    ],
)
def test_the_person_is_told_what_got_furthest(
    places: tuple[Booked, ...], held: tuple[MembershipState, ...], code: str
) -> None:
    assert answer(*places, held=held).code == code


def test_a_booking_that_is_long_over_is_told_to_doors_no_more() -> None:
    place = booked(None)
    last = LATE + TOO_LATE_FOR
    assert compile_booking(place, last - MINUTE) is not None
    assert compile_booking(place, last) is None
