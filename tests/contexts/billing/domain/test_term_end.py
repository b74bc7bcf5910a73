"""Where a provider stops by itself, so that nothing is charged too much, too little or twice."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.billing.samples import MONTHLY
from gymhopper.contexts.billing.domain.term_end import as_counted, boundary, last_boundary
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term
from gymhopper.sandbox.stripe.periods import Interval
from gymhopper.sandbox.stripe.periods import boundary as in_the_sandbox

ZONES = ["Europe/Vienna", "America/New_York", "Asia/Tokyo", "Pacific/Auckland", "UTC"]


def term(**changes: Any) -> Terms:
    given: dict[str, Any] = {"kind": "fixed_term", "periods": 12}
    return msgspec.structs.replace(MONTHLY, **{**given, **changes})


def midnight(day: date, terms: Terms = MONTHLY) -> datetime:
    return start_of_day(day, terms.zone)


def days(first: date, count: int) -> Period:
    return Period(midnight(first), midnight(first + timedelta(days=count)))


def test_what_goes_on_has_no_last_boundary() -> None:
    assert last_boundary(MONTHLY, midnight(date(2026, 3, 1)), [], None) is None


def test_the_end_is_the_last_periods_own_and_not_the_contracts_midnight() -> None:
    paid = datetime(2026, 3, 1, 13, 45, 7, tzinfo=UTC)
    expires = midnight(date(2027, 3, 1))
    assert last_boundary(term(), paid, [], expires) == datetime(2027, 3, 1, 13, 45, 7, tzinfo=UTC)
    assert last_boundary(term(), paid, [], None) == datetime(2027, 3, 1, 13, 45, 7, tzinfo=UTC)


def test_a_period_that_was_not_charged_is_made_up_for_where_the_term_was_moved() -> None:
    paid = datetime(2026, 3, 1, 13, tzinfo=UTC)
    june = days(date(2026, 5, 20), 31)
    assert last_boundary(term(), paid, [june], midnight(date(2027, 4, 1))) == datetime(
        2027, 4, 1, 13, tzinfo=UTC
    )
    # Nothing was moved: the term ends when it ends, and one period was never charged.
    assert last_boundary(term(), paid, [june], midnight(date(2027, 3, 1))) == datetime(
        2027, 3, 1, 13, tzinfo=UTC
    )


def test_days_by_which_a_freeze_moved_the_end_are_charged_there() -> None:
    paid = datetime(2026, 3, 1, 13, tzinfo=UTC)
    within = days(date(2026, 5, 5), 20)
    expires = midnight(date(2027, 3, 21))
    assert last_boundary(term(), paid, [within], expires) == expires
    # Who went on paying in the freeze has paid for them.
    assert last_boundary(term(), paid, [], expires) == datetime(2027, 3, 1, 13, tzinfo=UTC)


def test_who_came_later_or_tried_it_first_pays_for_the_days_that_are_left() -> None:
    paid = datetime(2026, 3, 6, 13, tzinfo=UTC)
    expires = midnight(date(2027, 3, 1))
    assert last_boundary(term(), paid, [], expires) == expires


def test_in_a_freeze_without_an_end_nobody_knows() -> None:
    paid = datetime(2026, 3, 1, 13, tzinfo=UTC)
    endless = Period(midnight(date(2026, 5, 5)))
    assert last_boundary(term(), paid, [endless], None) is None
    assert last_boundary(term(), paid, [endless], midnight(date(2027, 3, 1))) is not None


@given(
    paid=st.integers(0, 3 * 366 * 86_400).map(
        lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    zone=st.sampled_from(ZONES),
    interval=st.sampled_from(["day", "week", "month", "year"]),
    count=st.integers(1, 3),
    periods=st.integers(1, 15),
)
def test_so_many_charges_as_were_sold_wherever_and_whenever(
    paid: datetime, zone: str, interval: Any, count: int, periods: int
) -> None:
    """Also when midnight is another day in UTC, across summer time, and from a month's last day."""
    first = local_date(paid, zone)
    terms = term(interval=interval, count=count, periods=periods, zone=zone, starts_on=first)
    expires = start_of_day(Term(interval, count).boundary(first, periods), zone)
    end = last_boundary(terms, paid, [], expires)
    assert end == boundary(terms, paid, periods)
    # The sandbox counts as Stripe does.
    assert int(end.timestamp()) == in_the_sandbox(
        int(paid.timestamp()), Interval(interval, count), periods
    )
    # And a notice to the same day comes to the same.
    assert as_counted(expires, terms, paid) == end


@pytest.mark.parametrize("beyond", [timedelta(days=2), timedelta(days=5), timedelta(days=20)])
def test_an_end_within_a_period_stays_where_it_was_set(beyond: timedelta) -> None:
    paid = datetime(2026, 3, 1, 13, tzinfo=UTC)
    end = boundary(MONTHLY, paid, 4) + beyond
    assert as_counted(end, MONTHLY, paid) == end
