"""What holds of what several calendars say."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.venues.domain.opening_times import (
    AROUND_THE_CLOCK,
    WEEK_MINUTES,
    OpeningTimes,
    check_exceptions,
    covers_week,
    resolve,
)
from gymhopper.contexts.venues.http.fields import Stretch, week_shown, week_value
from gymhopper.contracts.venues.events import DayHours
from gymhopper.kernel.calendar import DAY_MINUTES, Hours
from gymhopper.kernel.errors import InvalidInput

hours = st.builds(
    lambda weekday, start, length: Hours(weekday, start, start + length),
    st.integers(1, 7),
    st.integers(0, DAY_MINUTES - 1),
    st.integers(1, DAY_MINUTES),
)
weeks = st.lists(hours, max_size=12).map(tuple)
days = st.integers(0, 20).map(lambda n: (date(2026, 12, 20) + timedelta(days=n)).isoformat())
dated = st.builds(
    lambda day, opens: DayHours(date=day, open=((opens, opens + 60),)),
    days,
    st.integers(0, DAY_MINUTES - 1),
)
levels = st.builds(
    OpeningTimes,
    st.none() | weeks,
    st.lists(dated, max_size=5, unique_by=lambda each: each.date).map(tuple),
)


@given(st.lists(levels, max_size=4))
def test_the_nearest_that_says_anything_decides(said: list[OpeningTimes]) -> None:
    held = resolve(said)

    weekly = [each.weekly for each in said if each.weekly is not None]
    assert held.weekly == (weekly[0] if weekly else AROUND_THE_CLOCK)
    every = [each for level in said for each in level.exceptions]
    assert [each.date for each in held.exceptions] == sorted({each.date for each in every})
    for each in held.exceptions:
        assert each == next(other for other in every if other.date == each.date)


@given(levels, levels, levels)
def test_inheritance_may_be_resolved_in_steps(
    near: OpeningTimes, middle: OpeningTimes, far: OpeningTimes
) -> None:
    assert resolve([near, resolve([middle, far])]) == resolve([near, middle, far])


@given(weeks | st.permutations(AROUND_THE_CLOCK).map(tuple), st.integers(0, 7))
def test_a_week_is_covered_when_no_minute_is_left_out(week: tuple[Hours, ...], drop: int) -> None:
    week = week[:drop] + week[drop + 1 :]
    open_minutes = {
        ((each.weekday - 1) * DAY_MINUTES + minute) % WEEK_MINUTES
        for each in week
        for minute in range(each.start, each.until)
    }
    assert covers_week(week) is (len(open_minutes) == WEEK_MINUTES)


def test_sunday_night_covers_monday_morning() -> None:
    week = tuple(Hours(day, 240, 240 + DAY_MINUTES) for day in range(1, 8))
    assert covers_week(week)
    assert not covers_week(week[:-1])


@given(weeks)
def test_what_the_api_shows_it_reads_back(week: tuple[Hours, ...]) -> None:
    assert week_value(week_shown(week)) == week


def test_closing_at_the_hour_of_opening_is_a_whole_day() -> None:
    assert Stretch(opens="06:00", closes="06:00").minutes() == (360, 1800)
    assert Stretch(opens="00:00", closes="24:00").minutes() == (0, 1440)
    assert Stretch(opens="22:00", closes="02:00").minutes() == (1320, 1560)


@pytest.mark.parametrize(
    "exceptions",
    [
        (DayHours(date="2026-02-30"),),
        (DayHours(date="20261224"),),
        (DayHours(date="2026-12-24"), DayHours(date="2026-12-24", open=((0, 60),))),
        (DayHours(date="2026-12-24", open=((60, 60),)),),
        (DayHours(date="2026-12-24", open=((-1, 60),)),),
        (DayHours(date="2026-12-24", open=((1440, 1500),)),),
        (DayHours(date="2026-12-24", open=((0, 2881),)),),
    ],
)
def test_an_exception_that_cannot_be_is_refused(exceptions: tuple[DayHours, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_exceptions(exceptions)
    assert refused.value.field == "exceptions"
