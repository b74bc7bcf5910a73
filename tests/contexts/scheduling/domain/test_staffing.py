"""A class is staffed when staff are there for all of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gymhopper.contexts.scheduling.domain.staffing import is_staffed
from gymhopper.contracts.venues.events import DayHours, LocationState
from gymhopper.kernel.calendar import Hours

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NINE_TO_FIVE = tuple(Hours(day, 540, 1020) for day in range(1, 6))


def place(**said: object) -> LocationState:
    usual = {
        "location_id": UUID(int=1),
        "organisation_id": UUID(int=2),
        "legal_entity_id": UUID(int=3),
        "name": "Mitte",
        "zone": "UTC",
        "country": "AT",
        "city": "Wien",
        "tier": 1,
        "latitude": 48.2,
        "longitude": 16.4,
    }
    return LocationState(**usual | said)


def staffed(where: LocationState, start: datetime, minutes: int = 60) -> bool:
    return is_staffed(where, start, start + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("hour", "minutes", "covered"),
    [
        (9, 60, True),
        (8.5, 60, False),
        (16, 60, True),
        (16, 61, False),
        (16, 60.5, False),
        (18, 60, False),
        (9, 480, True),
    ],
)
def test_hours_cover_all_of_a_class_or_it_is_not_staffed(
    hour: float, minutes: float, covered: bool
) -> None:
    start = MONDAY + timedelta(hours=hour)
    until = start + timedelta(minutes=minutes)
    assert is_staffed(place(staffed_hours=NINE_TO_FIVE), start, until) is covered


def test_who_never_said_is_staffed_whenever_it_is_open() -> None:
    noon = MONDAY + timedelta(hours=12)
    assert staffed(place(), noon)
    assert staffed(place(), MONDAY + timedelta(hours=23, minutes=30))
    open_by_day = place(hours=NINE_TO_FIVE, exceptions=(DayHours(date="2026-03-03"),))
    assert staffed(open_by_day, noon)
    assert not staffed(open_by_day, noon + timedelta(hours=8))
    assert not staffed(open_by_day, noon + timedelta(days=1))


def test_staffed_hours_are_told_apart_from_opening_hours() -> None:
    where = place(hours=NINE_TO_FIVE, staffed_hours=(Hours(6, 600, 720),))
    assert not staffed(where, MONDAY + timedelta(hours=12))
    assert staffed(where, MONDAY + timedelta(days=5, hours=10))


def test_exceptions_stand_for_what_begins_on_their_date() -> None:
    nights = tuple(Hours(day, 1320, 1560) for day in range(1, 8))
    off = DayHours(date="2026-03-03")
    where = place(staffed_hours=nights, staffed_exceptions=(off,))
    late = MONDAY + timedelta(hours=22)
    assert staffed(where, late, 240)
    assert not staffed(where, late + timedelta(days=1))
    assert not staffed(where, late + timedelta(days=1, hours=3))
    assert staffed(where, late + timedelta(days=2))


def test_the_wall_clock_of_the_place_decides_also_in_an_hour_that_comes_twice() -> None:
    where = place(zone="Europe/Vienna", staffed_hours=(Hours(7, 120, 180),))
    # 25 October 2026: 02:00 to 03:00 comes twice, from 00:00 to 02:00 UTC.
    twice = datetime(2026, 10, 25, tzinfo=UTC)
    assert staffed(where, twice, 120)
    assert not staffed(where, twice, 121)
    # 29 March 2026: 02:00 to 03:00 never comes.
    never = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    early = place(zone="Europe/Vienna", staffed_hours=(Hours(7, 60, 120), Hours(7, 180, 240)))
    assert staffed(early, never)
