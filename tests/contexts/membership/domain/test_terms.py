"""The calendar of contracts."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.term import Term

EPOCH = datetime(1990, 1, 1, tzinfo=UTC)

zones = st.sampled_from(
    ["Europe/Vienna", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "America/Santiago"]
)
terms = st.builds(
    Term, st.sampled_from(["day", "week", "month", "year"]), st.integers(min_value=1, max_value=13)
)
days = st.dates(date(1990, 1, 1), date(2060, 1, 1))
instants = st.integers(0, 20_000 * 24).map(lambda h: EPOCH + timedelta(hours=h, minutes=h % 60))


def test_months_keep_the_day_of_the_anchor() -> None:
    ends = [Term("month", 1).boundary(date(2027, 1, 31), number) for number in range(1, 5)]
    assert ends == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31)]


def test_weeks_are_seven_days_each() -> None:
    assert Term("week", 4).boundary(date(2026, 3, 2), 2) == date(2026, 4, 27)
    assert Term("day", 10).boundary(date(2026, 3, 2), 3) == date(2026, 4, 1)


def test_a_leap_day_comes_back_in_leap_years() -> None:
    ends = [Term("year", 1).boundary(date(2024, 2, 29), number) for number in (1, 4)]
    assert ends == [date(2025, 2, 28), date(2028, 2, 29)]


@settings(deadline=None)
@given(terms, days, st.integers(min_value=0, max_value=50))
def test_boundaries_grow(term: Term, anchor: date, number: int) -> None:
    assert term.boundary(anchor, number) < term.boundary(anchor, number + 1)


@settings(deadline=None)
@given(terms, days, zones, instants)
def test_the_period_end_is_the_first_boundary_ahead(
    term: Term, anchor: date, zone: str, now: datetime
) -> None:
    end = term.period_end_after(anchor, zone, now)
    assert end > now
    day = local_date(end, zone)
    number = next(each for each in count(1) if term.boundary(anchor, each) >= day)
    assert end == start_of_day(term.boundary(anchor, number), zone)
    before = start_of_day(term.boundary(anchor, number - 1), zone)
    # Where a zone skipped a whole day, what should begin on it begins with the next.
    assert number == 1 or before <= now or before == end


@settings(deadline=None)
@given(terms, days, zones)
def test_a_period_that_has_not_begun_ends_with_itself(term: Term, anchor: date, zone: str) -> None:
    before = start_of_day(anchor, zone) - timedelta(days=3)
    assert term.period_end_after(anchor, zone, before) == start_of_day(
        term.boundary(anchor, 1), zone
    )


def test_a_term_has_an_interval() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Term("month", 0)
