"""Who was overtaken, counted by what clients saw."""

from math import inf

import msgspec
import pytest
from bench.booking.measuring import taken_apart
from bench.booking.order import Served, fifo_violations
from bench.booking.rush import Ask, Outcome, Plan, Run
from hypothesis import given
from hypothesis import strategies as st

PATH = "/api/v1/classes/1/book"

MOMENTS = st.integers(0, 12)
SERVED = st.builds(
    lambda asked, took, stands: Served(asked, asked + took, stands),
    MOMENTS,
    MOMENTS,
    st.sampled_from([0, 0, 1, 2, 3, inf]),
)


@given(st.lists(SERVED, max_size=25))
def test_every_pair_is_counted_in_which_the_later_one_stands_first(served: list[Served]) -> None:
    assert fifo_violations(served) == sum(
        first.answered_at < then.asked_at and then.stands < first.stands
        for first in served
        for then in served
    )


def test_who_asked_at_the_same_time_may_stand_either_way() -> None:
    assert fifo_violations([Served(0, 5, 2), Served(5, 9, 1)]) == 0
    assert fifo_violations([Served(0, 5, 2), Served(5.1, 9, 1)]) == 1


def test_who_was_turned_away_was_overtaken_by_whoever_got_in_later() -> None:
    assert fifo_violations([Served(0, 1, inf), Served(2, 3, 0), Served(2, 3, 4)]) == 2


def outcome(ask: int, status: int, body: object, at: float = 1.0, **more: object) -> Outcome:
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    return msgspec.structs.replace(Outcome(ask, "book", at, at + 0.5, status, text, 1), **more)


def booking(status: str, number: int, position: int | None = None) -> dict[str, object]:
    return {"id": f"b{number}", "status": status, "number": number, "position": position}


def run(*outcomes: Outcome) -> Run:
    return Run(2.0, list(outcomes), [], [], 0, 0)


def plan(*asks: Ask) -> Plan:
    return Plan([1], 1, list(asks) or [Ask(PATH, "token", "key") for _ in range(9)])


def test_bookings_places_in_line_and_refusals_are_told_apart() -> None:
    refusal = {"code": "booking_refused", "reason": "WINDOW_CLOSED"}
    seen = taken_apart(
        plan(),
        run(
            outcome(0, 201, booking("booked", 1)),
            outcome(1, 201, booking("waiting", 2, 1), asked=3),
            outcome(2, 409, refusal),
        ),
    )
    assert (seen.booked, seen.waitlisted, seen.asked_again) == (1, 1, 2)
    assert seen.told_why == {"WINDOW_CLOSED": 1}
    assert not seen.errors
    assert seen.positions == {"b2": 1}
    assert seen.waits == [500.0] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        outcome(0, 500, {"code": "internal_error"}),
        outcome(0, 409, "<html>"),
        outcome(0, 409, {"detail": "No code."}),
        outcome(0, 503, {"code": "overloaded"}),
        outcome(0, 201, {"status": "cancelled"}),
        outcome(0, 0, "", trouble="timed out"),
    ],
)
def test_whatever_was_not_meant_is_an_error_and_no_answer(wrong: Outcome) -> None:
    seen = taken_apart(plan(), run(wrong, outcome(1, 201, booking("booked", 1))))
    assert seen.errors.total() == 1
    assert (seen.answered, seen.booked) == (1, 1)


def test_each_class_has_a_line_of_its_own() -> None:
    early = outcome(0, 201, booking("waiting", 2, 1), at=1)
    late = outcome(1, 201, booking("booked", 1), at=2)
    other = Ask("/api/v1/classes/2/book", "token", "key")
    assert taken_apart(plan(), run(early, late)).violations == 1
    assert taken_apart(plan(plan().asks[0], other), run(early, late)).violations == 0


def test_where_somebody_cancels_numbers_are_compared_because_the_line_moves_up() -> None:
    asks = [Ask(PATH, "token", "key", cancels=0.1), Ask(PATH, "token", "key")]
    first = outcome(0, 201, booking("waiting", 5, 4), at=1)
    moved_up = outcome(1, 201, booking("waiting", 6, 2), at=2)
    assert taken_apart(plan(*asks), run(first, moved_up)).violations == 0
    overtaken = outcome(1, 201, booking("waiting", 4, 2), at=2)
    assert taken_apart(plan(*asks), run(first, overtaken)).violations == 1
