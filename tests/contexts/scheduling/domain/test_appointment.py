"""What an appointment costs, by what it was made on, and what can be said of it when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gymhopper.contexts.scheduling.domain.appointment import Appointment, Service
from gymhopper.contexts.scheduling.domain.costs import NOTHING, of_cancelling, of_missing, returned
from gymhopper.contexts.scheduling.domain.errors import IllegalTransition
from gymhopper.contexts.scheduling.domain.penalties import Fee
from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
LATE, MISSED = Money(2000, "EUR"), Money(3000, "EUR")


def appointment(**changes: Any) -> Appointment:
    """Of an hour, for two credits, free to give up until two hours before."""
    usual: dict[str, Any] = {
        **dict.fromkeys(("id", "organisation_id", "location_id", "service_id"), new_id()),
        **dict.fromkeys(("instructor_id", "person_id"), new_id()),
        **dict.fromkeys(("class_type_id", "room_id", "area_id", "member_id", "membership_id")),
        "start_at": START,
        "until_at": START + HOUR,
        "kept_from": START,
        "kept_until": START + HOUR,
        "zone": "Europe/Vienna",
        "channel": "online",
        "booked_at": START - 48 * HOUR,
        "booked_by": "member",
        "free_until": START - 2 * HOUR,
        "terms": Terms(late_fee=LATE, missed_fee=MISSED),
        "credits": 2,
    }
    return Appointment(**usual | changes)


def test_it_costs_something_from_the_instant_on_that_it_is_late() -> None:
    made = appointment()
    early = of_cancelling(made, made.free_until - INSTANT)
    assert (early.late, early.fee, early.credits_back, early.credits_lost) == (False, None, 2, 0)
    late = of_cancelling(made, made.free_until)
    assert (late.late, late.fee, late.credits_back, late.credits_lost) == (True, LATE, 0, 2)


def test_what_returns_is_as_it_was_agreed_on() -> None:
    kind = appointment(terms=Terms(late_credits_back=True))
    late = of_cancelling(kind, START)
    assert (late.fee, late.credits_back, late.credits_lost) == (None, 2, 0)
    assert of_missing(kind).credits_back == 0
    assert of_missing(appointment(terms=Terms(missed_credits_back=True))).credits_lost == 0
    assert of_missing(appointment()).fee == MISSED


def test_what_is_no_fault_of_theirs_costs_nothing_however_late() -> None:
    free = returned(appointment())
    assert (free.fee, free.credits_back, free.credits_lost) == (None, 2, 0)
    assert of_cancelling(appointment(status="attended"), START) == NOTHING


@pytest.mark.parametrize(
    ("status", "before", "allowed"),
    [
        ("attended", 2 * HOUR, True),
        ("attended", 2 * HOUR + INSTANT, False),
        ("missed", INSTANT, False),
        ("missed", timedelta(), True),
    ],
)
def test_who_came_is_said_from_two_hours_before_and_who_did_not_from_the_start(
    status: Any, before: timedelta, *, allowed: bool
) -> None:
    if allowed:
        appointment().require_markable(status, START - before)
    else:
        with pytest.raises(IllegalTransition):
            appointment().require_markable(status, START - before)


def test_what_is_over_or_cancelled_is_neither_given_up_nor_marked() -> None:
    appointment().require_ahead(START + HOUR - INSTANT)
    with pytest.raises(IllegalTransition):
        appointment().require_ahead(START + HOUR)
    gone = appointment()
    gone.end("late")
    assert (gone.status, gone.ending) == ("cancelled", "late")
    for deed in (gone.require_ahead, lambda now: gone.require_markable("attended", now)):
        with pytest.raises(IllegalTransition):
            deed(START)


def test_an_appointment_is_made_on_what_its_service_says_then() -> None:
    service = Service(
        **dict.fromkeys(("id", "organisation_id"), new_id()),
        **dict.fromkeys(("buffer_before", "buffer_after", "notice_minutes", "credits"), 0),
        name="Training",
        class_type_id=None,
        minutes=60,
        step_minutes=15,
        days_ahead=60,
        free_minutes=120,
        instructor_ids=(),
        room_ids=(),
        created_at=START,
        late_fee=LATE,
        missed_credits_back=True,
    )
    terms = service.terms(48)
    service.change({"late_fee": None, "missed_credits_back": False}, START)
    assert terms == Terms(late_fee=LATE, missed_credits_back=True, fee_hours=48)
    assert service.terms(24) == Terms()


def test_a_fee_is_of_one_thing_and_settled_once() -> None:
    key = new_id()
    fee = Fee(
        id=new_id(),
        appointment_id=key,
        **dict.fromkeys(("host_organisation_id", "home_organisation_id", "person_id"), new_id()),
        amount=2000,
        currency="EUR",
        why="late_cancel",
        due_at=START,
    )
    assert (fee.of, fee.money) == (key, LATE)
    fee.waive("was ill", START)
    with pytest.raises(IllegalTransition):
        fee.waive("was ill", START)
