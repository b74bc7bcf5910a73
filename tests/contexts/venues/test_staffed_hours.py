"""When staff are at a place: said by the place, and else whenever it is open."""

from typing import Any

import pytest

from contexts.venues.conftest import Network
from gymhopper.contracts.venues.events import DayHours, LocationChanged, LocationOpened
from gymhopper.kernel.calendar import Hours

SIX_TO_TEN = [{"weekday": day, "opens": "06:00", "closes": "22:00"} for day in range(1, 8)]
MONDAYS = [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]
CHRISTMAS: dict[str, Any] = {"date": "2026-12-25", "open": []}
EVE: dict[str, Any] = {"date": "2026-12-24", "open": [{"opens": "09:00", "closes": "12:00"}]}


async def changed(network: Network, location_id: str, **changes: object) -> Any:
    answer = await network.call(
        "PATCH", f"/locations/{location_id}", by=network.north, json=changes
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_place_that_never_said_so_is_staffed_whenever_it_is_open(network: Network) -> None:
    made = await network.open(network.north, hours=SIX_TO_TEN, exceptions=[CHRISTMAS])

    assert (made["staffed_hours"], made["staffed_exceptions"]) == (None, [])
    assert made["staffed"] == made["opening"]
    [opened] = await network.events(LocationOpened)
    assert (opened.location.staffed_hours, opened.location.staffed_exceptions) == (None, ())


async def test_staffed_hours_are_said_told_of_and_taken_back(network: Network) -> None:
    made = await network.open(network.north, staffed_hours=MONDAYS, staffed_exceptions=[EVE])
    assert (made["staffed_hours"], made["staffed_exceptions"]) == (MONDAYS, [EVE])
    assert made["staffed"] == {
        "around_the_clock": False,
        "hours": MONDAYS,
        "exceptions": [EVE],
    }
    assert made["opening"]["around_the_clock"] is True

    taken_back = await changed(network, made["id"], staffed_hours=None, staffed_exceptions=[])
    assert taken_back["staffed"]["around_the_clock"] is True
    await changed(network, made["id"], staffed_hours=SIX_TO_TEN)

    [opened] = await network.events(LocationOpened)
    assert opened.location.hours is None
    assert opened.location.staffed_hours == (Hours(1, 540, 1020),)
    assert opened.location.staffed_exceptions == (DayHours(date="2026-12-24", open=((540, 720),)),)
    told = [each.location.staffed_hours for each in await network.events(LocationChanged)]
    assert told == [None, tuple(Hours(day, 360, 1320) for day in range(1, 8))]


async def test_a_day_on_which_it_is_closed_has_no_staff_unless_that_is_said(
    network: Network,
) -> None:
    north = network.north
    calendar = await network.made("/calendars", by=north, json={"name": "All"})
    made = await network.open(north, calendar_id=calendar["id"], staffed_hours=MONDAYS)
    await network.call(
        "PUT", f"/calendars/{calendar['id']}/times", by=north, json={"exceptions": [CHRISTMAS]}
    )

    read = (await network.call("GET", f"/locations/{made['id']}")).json()
    assert (read["staffed"]["hours"], read["staffed"]["exceptions"]) == (MONDAYS, [CHRISTMAS])
    [told] = await network.events(LocationChanged)
    assert told.location.staffed_exceptions == (DayHours(date="2026-12-25"),)

    stock_taking = EVE | {"date": "2026-12-25"}
    here = await changed(network, made["id"], staffed_exceptions=[stock_taking])
    assert here["staffed"]["exceptions"] == [stock_taking]
    assert here["opening"]["exceptions"] == [CHRISTMAS]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"staffed_exceptions": [CHRISTMAS, CHRISTMAS]}, "staffed_exceptions"),
        ({"staffed_exceptions": None}, None),
        ({"staffed_hours": [{"weekday": 8, "opens": "06:00", "closes": "22:00"}]}, None),
    ],
)
async def test_staffed_hours_that_cannot_be_are_refused(
    network: Network, body: dict[str, object], field: str | None
) -> None:
    made = await network.open(network.north, staffed_hours=MONDAYS)
    answer = await network.call("PATCH", f"/locations/{made['id']}", by=network.north, json=body)
    assert answer.status_code == 422, answer.text
    if field is not None:
        assert field in answer.text
    read = await network.call("GET", f"/locations/{made['id']}")
    assert read.json() == made
