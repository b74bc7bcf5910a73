"""Free times: whatever is said of hours and of what is in the way."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.scheduling.domain.free_busy import (
    OtherDay,
    Pattern,
    Range,
    WorkingHours,
    free_starts,
)
from gymhopper.kernel.calendar import Hours, within

VIENNA = "Europe/Vienna"
MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
"""Of the week in which the clocks of Vienna are put forward."""
WEEK = Range(MONDAY, MONDAY + timedelta(days=8))

minutes_of_day = st.integers(0, 287).map(lambda each: each * 5)
stretches = st.builds(
    lambda weekday, start, length: Hours(weekday, start, min(start + length, 2880)),
    st.integers(1, 7),
    minutes_of_day,
    st.integers(1, 200).map(lambda each: each * 5),
)
hours_of = st.lists(stretches, min_size=1, max_size=6).map(lambda each: WorkingHours(tuple(each)))
patterns = st.builds(
    Pattern,
    minutes=st.sampled_from([15, 30, 50, 60, 90]),
    before=st.sampled_from([0, 5, 30]),
    after=st.sampled_from([0, 10, 60]),
    step=st.sampled_from([5, 15, 20, 30, 60]),
)
ranges = st.builds(
    lambda start, length: Range(
        MONDAY + timedelta(minutes=start), MONDAY + timedelta(minutes=start + length)
    ),
    st.integers(0, 8 * 1440),
    st.integers(1, 600),
)


def wall(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(VIENNA))


@given(patterns, hours_of, st.lists(ranges, max_size=8))
def test_nothing_that_is_kept_free_meets_what_is_busy(
    pattern: Pattern, hours: WorkingHours, busy: list[Range]
) -> None:
    for start in free_starts(pattern, hours, VIENNA, busy, WEEK):
        first = start - timedelta(minutes=pattern.before)
        last = start + timedelta(minutes=pattern.minutes + pattern.after)
        assert all(last <= each.start or each.until <= first for each in busy)


@given(patterns, hours_of, st.lists(ranges, max_size=4))
def test_on_every_week_without_a_change_of_clocks_the_times_are_all_that_fit(
    pattern: Pattern, hours: WorkingHours, busy: list[Range]
) -> None:
    days = Range(MONDAY, MONDAY + timedelta(days=5))
    expected = []
    for step in range(5 * 288):
        at = MONDAY + timedelta(minutes=5 * step)
        inside = all(
            within(hours.weekly, wall(at + timedelta(minutes=x)))
            for x in range(0, pattern.minutes, 5)
        )
        on_grid = (wall(at).hour * 60 + wall(at).minute) % pattern.step == 0
        first = at - timedelta(minutes=pattern.before)
        last = at + timedelta(minutes=pattern.minutes + pattern.after)
        if inside and on_grid and all(last <= x.start or x.until <= first for x in busy):
            expected.append(at)
    assert free_starts(pattern, hours, VIENNA, busy, days) == expected


def test_hours_stay_on_the_wall_clock_when_the_clocks_change() -> None:
    daily = WorkingHours(tuple(Hours(each, 9 * 60, 10 * 60) for each in range(1, 8)))
    found = free_starts(Pattern(minutes=60), daily, VIENNA, [], WEEK)
    assert {wall(each).hour for each in found} == {9}
    assert {each.hour for each in found} == {7, 8}
    assert len(found) == 8


def test_an_hour_that_the_clocks_skip_is_no_time() -> None:
    sunday = WorkingHours((Hours(7, 60, 240),))
    found = free_starts(Pattern(minutes=60, step=60), sunday, VIENNA, [], WEEK)
    assert [wall(each).hour for each in found] == [1, 3]


def test_on_a_date_with_hours_of_its_own_only_those_hold() -> None:
    daily = tuple(Hours(each, 540, 600) for each in range(1, 8))
    other = (OtherDay(date(2026, 3, 24)), OtherDay(date(2026, 3, 25), ((600, 660),)))
    days = Range(MONDAY, MONDAY + timedelta(days=3))
    found = free_starts(Pattern(minutes=60), WorkingHours(daily, other), VIENNA, [], days)
    assert [(wall(each).day, wall(each).hour) for each in found] == [(23, 9), (25, 10)]
