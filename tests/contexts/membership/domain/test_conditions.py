"""Terms, notices and renewals, counted from a contract's first day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.membership.domain.samples import DAY, NOW, membership, overlay
from gymhopper.contexts.membership.domain.conditions import Conditions, Extension
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term

YEAR, MONTH, WEEK = Term("year", 1), Term("month", 1), Term("week", 1)

FREE = Conditions()
NOTICE = Conditions(notice=MONTH)
ROLLING = Conditions(initial_term=YEAR, notice=MONTH)
RENEWED = Conditions(initial_term=YEAR, notice=MONTH, after_initial_term="renew")
FIXED = Conditions(initial_term=YEAR, after_initial_term="end")
LOOSER = Conditions(initial_term=YEAR, notice=Term("month", 3), rolling_notice=WEEK)


@pytest.mark.parametrize(
    ("conditions", "anchor", "today", "earliest"),
    [
        (FREE, date(2026, 3, 2), date(2026, 5, 9), date(2026, 5, 9)),
        # A notice counts from the day after: given on the 10th, the 10th is the last day.
        (NOTICE, date(2026, 3, 2), date(2026, 3, 10), date(2026, 4, 11)),
        (NOTICE, date(2026, 1, 1), date(2026, 1, 31), date(2026, 3, 1)),
        (ROLLING, date(2026, 3, 2), date(2026, 3, 2), date(2027, 3, 2)),
        # On the last day that keeps the notice, and on the next.
        (ROLLING, date(2026, 3, 2), date(2027, 2, 1), date(2027, 3, 2)),
        (ROLLING, date(2026, 3, 2), date(2027, 2, 2), date(2027, 3, 3)),
        (ROLLING, date(2026, 3, 2), date(2030, 7, 15), date(2030, 8, 16)),
        (RENEWED, date(2026, 3, 2), date(2027, 2, 1), date(2027, 3, 2)),
        (RENEWED, date(2026, 3, 2), date(2027, 2, 2), date(2028, 3, 2)),
        (LOOSER, date(2026, 3, 2), date(2026, 11, 30), date(2027, 3, 2)),
        (LOOSER, date(2026, 3, 2), date(2027, 2, 28), date(2027, 3, 8)),
        (FIXED, date(2024, 2, 29), date(2024, 3, 1), date(2025, 2, 28)),
    ],
)
def test_the_earliest_end_is_what_term_and_notice_allow(
    conditions: Conditions, anchor: date, today: date, earliest: date
) -> None:
    assert conditions.earliest_end(anchor, today) == earliest


def test_renewals_come_back_to_the_day_of_the_anchor() -> None:
    quarterly = Conditions(
        initial_term=MONTH, after_initial_term="renew", renewal_term=Term("month", 3)
    )
    anchor, ends = date(2026, 1, 31), []
    for _ in range(4):
        ends.append(quarterly.term_end(anchor, ends[-1] if ends else anchor))
    assert ends == [date(2026, 2, 28), date(2026, 5, 31), date(2026, 8, 31), date(2026, 11, 30)]


def test_a_leap_day_is_renewed_on_leap_days() -> None:
    renewed = Conditions(initial_term=YEAR, after_initial_term="renew")
    assert renewed.term_end(date(2024, 2, 29), date(2025, 3, 1)) == date(2026, 2, 28)
    assert renewed.term_end(date(2024, 2, 29), date(2027, 3, 1)) == date(2028, 2, 29)


def test_renewals_in_weeks_follow_an_initial_term_in_months() -> None:
    mixed = Conditions(initial_term=MONTH, after_initial_term="renew", renewal_term=WEEK)
    assert mixed.term_end(date(2026, 3, 2), date(2026, 4, 10)) == date(2026, 4, 16)


def test_a_freeze_moves_the_end_of_the_term_that_it_lies_in_and_of_later_ones() -> None:
    anchor, ten = date(2026, 3, 2), [Extension(date(2026, 6, 1), 10)]
    assert RENEWED.term_end(anchor, date(2026, 6, 1), ten) == date(2027, 3, 12)
    assert RENEWED.term_end(anchor, date(2027, 3, 12), ten) == date(2028, 3, 12)
    later = [Extension(date(2027, 6, 1), 10)]
    assert RENEWED.term_end(anchor, date(2026, 6, 1), later) == date(2027, 3, 2)
    # One that begins in the days by which another moved the end moves it further.
    assert RENEWED.term_end(anchor, anchor, [*ten, Extension(date(2027, 3, 11), 5)]) == date(
        2027, 3, 17
    )


terms = st.builds(
    Term, st.sampled_from(["day", "week", "month", "year"]), st.integers(min_value=1, max_value=24)
)
conditions = st.builds(
    Conditions,
    initial_term=terms,
    notice=st.none() | terms,
    after_initial_term=st.sampled_from(["rolling", "renew", "end"]),
    renewal_term=st.none() | terms,
)
days = st.dates(date(1990, 1, 1), date(2060, 1, 1))


@settings(deadline=None)
@given(conditions, days, st.integers(0, 4000), st.integers(0, 400))
def test_who_gives_notice_later_never_leaves_earlier(
    agreed: Conditions, anchor: date, passed: int, more: int
) -> None:
    today = anchor + timedelta(days=passed)
    earliest = agreed.earliest_end(anchor, today)
    assert earliest >= today
    assert earliest >= agreed.term_end(anchor, date.min) or earliest == today
    assert agreed.earliest_end(anchor, today + timedelta(days=more)) >= earliest


@settings(deadline=None)
@given(st.sampled_from(["Europe/Vienna", "America/New_York", "Pacific/Apia"]), days)
def test_a_contract_for_a_year_runs_out_as_the_local_day_begins(zone: str, first: date) -> None:
    it = membership(zone=zone, starts_on=first, conditions=FIXED)
    early = datetime(1980, 1, 1, tzinfo=UTC)
    it.receive_payment(Period(early, early + DAY), early)
    assert (it.contract, it.end_reason) == ("active", "expired")
    assert it.end is not None
    assert local_date(it.end, zone) == YEAR.boundary(first, 1)
    assert local_date(it.end - timedelta(seconds=1), zone) < YEAR.boundary(first, 1)


def test_what_was_sold_for_a_time_is_expired_and_not_cancelled_though_collection_stops() -> None:
    it = membership(conditions=FIXED)
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    assert it.end is not None
    it.follow_collection(it.end, ended=False, at=NOW, now=NOW)
    assert it.contract == "active"
    it.follow_collection(it.end, ended=True, at=it.end, now=it.end)
    assert (it.contract, it.end_reason) == ("ended", "expired")


def test_a_freeze_that_moves_the_term_keeps_a_contract_from_running_out() -> None:
    it = membership(conditions=FIXED)
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    freeze = overlay("freeze", NOW + DAY, None)
    freeze.extends_term = True
    it.lay_over(freeze, NOW)
    assert it.end is None
    it.lift(freeze.id, "freeze", NOW + 11 * DAY)
    assert it.end is not None
    assert local_date(it.end, it.zone) == date(2027, 3, 12)
