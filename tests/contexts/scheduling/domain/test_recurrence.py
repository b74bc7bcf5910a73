"""Days and times of a series, against dateutil, calendars and clocks."""

from contextlib import nullcontext, suppress
from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rruleset, rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from gymhopper.contexts.scheduling.domain.recurrence import Recurrence, check_rule
from gymhopper.kernel.errors import InvalidInput

NOON = time(12)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def series(rule: str, starts: date, **given) -> Recurrence:
    given = {"time": NOON, "minutes": 60, "zone": "Europe/Berlin"} | given
    return Recurrence(rule=rule, starts=starts, **given)


def comes(rule: str, starts: date) -> bool:
    try:
        check_rule(rule, starts)
    except InvalidInput:
        return False
    return True


def some(values, most=4):
    return st.lists(values, min_size=1, max_size=most, unique=True)


def numbers(low: int, high: int):
    return st.integers(low, high).filter(bool).map(str)


@st.composite
def rules(draw) -> str:
    """Rules that a timetable takes, each part there or not, as the frequency allows."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]

    def perhaps(name: str, values, most: int = 4) -> bool:
        if not draw(st.booleans()):
            return False
        parts.append(f"{name}={','.join(draw(some(values, most)))}")
        return True

    perhaps("INTERVAL", st.integers(1, 9).map(str), 1)
    perhaps("COUNT", st.integers(1, 40).map(str), 1)
    perhaps("WKST", st.sampled_from(WEEKDAYS), 1)
    chosen = perhaps("BYMONTH", st.integers(1, 12).map(str), 6)
    if frequency != "WEEKLY":
        chosen |= perhaps("BYMONTHDAY", numbers(-31, 31))
    days = st.sampled_from(WEEKDAYS)
    if frequency in {"MONTHLY", "YEARLY"} and draw(st.booleans()):
        # dateutil takes "MO,2TU" for both at once, the RFC for either: never mixed here.
        days = st.tuples(numbers(-5, 5), days).map("".join)
    chosen |= perhaps("BYDAY", days)
    # In the first week dateutil numbers only the days from the first one on, the RFC all of them.
    if chosen and frequency != "WEEKLY":
        perhaps("BYSETPOS", numbers(-5, 5))
    return ";".join(draw(st.permutations(parts)))


dates = st.dates(date(1995, 1, 1), date(2060, 12, 31))


@given(rules(), dates, st.integers(0, 2000), st.integers(0, 800), st.data())
def test_a_series_has_the_days_that_dateutil_gives_less_the_exceptions(
    rule, starts, after, length, data
):
    # Of a rule that never comes dateutil would look through eight thousand years.
    assume(comes(rule, starts))
    start = starts + timedelta(days=after - 100)
    until = start + timedelta(days=length)
    bounded = f"{rule};UNTIL={until:%Y%m%d}" if "COUNT" not in rule else rule
    reference = rruleset()
    reference.rrule(rrulestr(bounded, dtstart=datetime.combine(starts, time())))
    without = data.draw(st.frozensets(st.dates(start, until), max_size=5))
    regular = list(series(rule, starts).dates(start, until))
    without |= frozenset(data.draw(some(st.sampled_from(regular)))) if regular else frozenset()
    for day in without:
        reference.exdate(datetime.combine(day, time()))
    expected = [
        each.date()
        for each in reference.between(
            datetime.combine(start, time()) - timedelta(seconds=1), datetime.combine(until, time())
        )
    ]
    assert list(series(rule, starts, except_on=without).dates(start, until)) == expected


@pytest.mark.parametrize(
    ("rule", "starts", "expected"),
    [
        ("FREQ=WEEKLY", "2026-09-03", ["2026-09-03", "2026-09-10", "2026-09-17"]),
        # A Tuesday: no class before Wednesday, and the other week's Monday is the next but one.
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
            "2026-09-01",
            ["2026-09-02", "2026-09-14", "2026-09-16"],
        ),
        ("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1", "2026-09-01", ["2026-09-07", "2026-09-14"]),
        ("FREQ=MONTHLY", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", ["2028-01-31", "2028-02-29", "2028-03-31"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-01-01",
            ["2026-01-30", "2026-02-27", "2026-03-31"],
        ),
        # Either of both, where dateutil takes what is both.
        ("FREQ=MONTHLY;BYDAY=SU,1SA", "2026-08-01", ["2026-08-01", "2026-08-02", "2026-08-09"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01", ["2026-02-13", "2026-03-13"]),
        ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29"]),
        ("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3,10", "2026-01-01", ["2026-03-29", "2026-10-25"]),
        ("FREQ=YEARLY;BYDAY=53TH", "2026-01-01", ["2026-12-31", "2032-12-30"]),
        ("freq=daily;count=2", "2026-01-01", ["2026-01-01", "2026-01-02"]),
    ],
)
def test_the_first_days_of_a_series_are_those_of_a_calendar_on_the_wall(rule, starts, expected):
    found = list(series(rule, date.fromisoformat(starts)).dates(date.min, date(2033, 1, 1)))
    assert [day.isoformat() for day in found[: len(expected)]] == expected


def test_a_count_is_used_up_by_days_before_the_window_and_by_exceptions_too():
    course = series("FREQ=DAILY;COUNT=5", date(2026, 3, 2), except_on=frozenset({date(2026, 3, 3)}))
    assert list(course.dates(date(2026, 3, 4), date(2027, 1, 1))) == [
        date(2026, 3, 4),
        date(2026, 3, 5),
        date(2026, 3, 6),
    ]


def test_a_series_has_no_class_from_its_last_day_on():
    course = series("FREQ=DAILY", date(2026, 3, 2), until=date(2026, 3, 4))
    assert list(course.dates(date(2026, 1, 1), date(2027, 1, 1))) == [
        date(2026, 3, 2),
        date(2026, 3, 3),
    ]
    assert list(course.dates(date(2026, 1, 1), date(2026, 3, 2))) == []
    assert list(course.dates(date(2026, 3, 3), date(2026, 3, 3))) == []


def test_a_window_may_reach_to_both_ends_of_the_calendar():
    for rule in ("FREQ=DAILY", "FREQ=WEEKLY;WKST=SU", "FREQ=MONTHLY", "FREQ=YEARLY"):
        first = next(series(rule, date(2026, 3, 1)).dates(date.min, date.max))
        assert first == date(2026, 3, 1)
        last = list(series(rule, date(9999, 10, 1)).dates(date(9999, 10, 1), date.max))
        assert last[0] == date(9999, 10, 1)


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"],
)
@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;BYDAY=MO,SU", "FREQ=DAILY"])
def test_a_class_keeps_its_time_on_the_wall_and_its_length_all_year(zone, rule):
    course = series(rule, date(2026, 1, 1), zone=zone, time=time(18, 30), minutes=75)
    days = list(course.dates(date(2026, 1, 1), date(2027, 1, 1)))
    seen = set()
    for day in days:
        start, until = course.occurrence(day)
        there = start.astimezone(ZoneInfo(zone))
        assert (there.date(), there.time()) == (day, time(18, 30))
        assert (start.tzinfo, until - start) == (UTC, timedelta(minutes=75))
        seen.add(there.utcoffset())
    assert len(seen) == (1 if zone == "Asia/Tokyo" else 2)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "minutes", "start", "until"),
    [
        # Left out in spring: the offset before the gap, so half past three on the new clock.
        ("Europe/Berlin", "2026-03-29", "02:30", 60, "2026-03-29T01:30", "2026-03-29T02:30"),
        # There twice in autumn: the first.
        ("Europe/Berlin", "2026-10-25", "02:30", 60, "2026-10-25T00:30", "2026-10-25T01:30"),
        # A night's class is as long as its minutes, not as the hands of the clock.
        ("Europe/Berlin", "2026-03-28", "23:00", 300, "2026-03-28T22:00", "2026-03-29T03:00"),
        ("Europe/Berlin", "2026-10-24", "23:00", 300, "2026-10-24T21:00", "2026-10-25T02:00"),
        # Half an hour of change: 02:15 is left out on the island.
        ("Australia/Lord_Howe", "2026-10-04", "02:15", 30, "2026-10-03T15:45", "2026-10-03T16:15"),
        # Midnight itself is left out.
        ("Africa/Cairo", "2026-04-24", "00:15", 30, "2026-04-23T22:15", "2026-04-23T22:45"),
        # Clocks go back for Ramadan: the same wall time, another instant.
        ("Africa/Casablanca", "2026-02-14", "09:00", 60, "2026-02-14T08:00", "2026-02-14T09:00"),
        ("Africa/Casablanca", "2026-02-16", "09:00", 60, "2026-02-16T09:00", "2026-02-16T10:00"),
        # Rules that changed: Turkey stayed on summer time in 2016, Brazil gave it up in 2019.
        ("Europe/Istanbul", "2015-12-01", "09:00", 60, "2015-12-01T07:00", "2015-12-01T08:00"),
        ("Europe/Istanbul", "2016-12-01", "09:00", 60, "2016-12-01T06:00", "2016-12-01T07:00"),
        ("America/Sao_Paulo", "2018-12-01", "09:00", 60, "2018-12-01T11:00", "2018-12-01T12:00"),
        ("America/Sao_Paulo", "2026-12-01", "09:00", 60, "2026-12-01T12:00", "2026-12-01T13:00"),
    ],
)
def test_a_class_begins_when_the_clocks_of_the_place_say(zone, day, wall, minutes, start, until):
    course = series(
        "FREQ=DAILY", date(2015, 1, 1), zone=zone, time=time.fromisoformat(wall), minutes=minutes
    )
    expected = tuple(datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (start, until))
    assert course.occurrence(date.fromisoformat(day)) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "BYDAY=MO",
        "FREQ=",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;INTERVAL=30",
        "FREQ=SECONDLY",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;",
        "FREQ=DAILY;BYHOUR=6,7",
        "FREQ=DAILY;BYMINUTE=0",
        "FREQ=DAILY;BYSECOND=0",
        "FREQ=DAILY;BYEASTER=0",
        "FREQ=DAILY;UNTIL=20270101T000000Z",
        "FREQ=DAILY;UNTIL=20270101",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=1001",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=367",
        "FREQ=DAILY;INTERVAL=1,2",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYMONTHDAY=32",
        "FREQ=DAILY;BYMONTHDAY=\u0661",
        "FREQ=DAILY;BYDAY=2MO",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=YEARLY;BYMONTH=5;BYDAY=20MO",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYYEARDAY=100",
        "DTSTART:20260101T120000\nRRULE:FREQ=DAILY",
        "RRULE:FREQ=DAILY",
        "FREQ=DAILY\nRRULE:FREQ=WEEKLY",
        "FREQ=DAILY;DTSTART=20260101",
        # Never: no such day, no fifth of four, two parts that exclude each other.
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31",
        "FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31",
        "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=8",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 100),
    ],
)
def test_what_no_timetable_follows_is_refused(rule):
    with pytest.raises(InvalidInput) as refusal:
        check_rule(rule)
    assert refusal.value.field == "rule"


def test_a_rule_whose_steps_always_miss_its_weekday_is_refused_from_that_first_day():
    every_seventh_on_mondays = "FREQ=DAILY;INTERVAL=7;BYDAY=MO"
    check_rule(every_seventh_on_mondays)
    check_rule(every_seventh_on_mondays, date(2026, 9, 7))
    with pytest.raises(InvalidInput):
        check_rule(every_seventh_on_mondays, date(2026, 9, 8))


@pytest.mark.parametrize("starts", [date(1896, 3, 1), date(2024, 3, 1), date(2096, 3, 1)])
def test_a_class_on_every_29_february_comes_however_long_it_takes(starts):
    check_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", starts)


@pytest.mark.parametrize(
    "given",
    [
        {"minutes": 0},
        {"minutes": 1441},
        {"zone": "Europe/Atlantis"},
        {"zone": "../etc"},
        {"time": time(9, tzinfo=UTC)},
        {"until": date(2026, 1, 1)},
    ],
)
def test_a_series_that_cannot_be_is_refused_by_the_part_at_fault(given):
    with pytest.raises(InvalidInput) as refusal:
        series("FREQ=DAILY", date(2026, 1, 1), **given)
    assert refusal.value.field == next(iter(given))


@given(st.text(alphabet="FREQ=DAILYWKMONTHBYSP;,-+0123456789:\n \u0130", max_size=300))
def test_whatever_is_written_is_a_rule_or_refused(text):
    with suppress(InvalidInput):
        check_rule(text)


DENSEST = [
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYDAY=" + ",".join(f"{nth}MO" for nth in range(1, 40)) + ";BYSETPOS=366",
    "FREQ=MONTHLY;BYMONTHDAY=" + ",".join(map(str, range(-31, 0))) + ";BYSETPOS=32",
    "FREQ=DAILY;COUNT=1000;BYMONTHDAY=" + ",".join(map(str, range(1, 32))),
]


@pytest.mark.parametrize("rule", DENSEST)
def test_the_worst_that_somebody_can_write_costs_little(rule):
    began = process_time()
    with pytest.raises(InvalidInput, match="no day") if "1000" not in rule else nullcontext():
        check_rule(rule)
    # Some milliseconds; the limit leaves room for a slow machine. dateutil takes seconds.
    assert process_time() - began < 0.25


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=3", "FREQ=MONTHLY;BYDAY=1MO"])
def test_a_window_far_from_the_first_day_costs_as_little_as_a_near_one(rule):
    course = series(rule, date(1, 1, 1))
    began = process_time()
    found = list(course.dates(date(9990, 1, 1), date(9990, 3, 1)))
    assert process_time() - began < 0.25
    assert found
