"""Places: opened, changed, inherited from calendars, and told of with their whole state."""

import asyncio
from typing import Any

import pytest

from contexts.venues.conftest import Network
from fixtures.callers import ADMIN
from gymhopper.contracts.venues.events import LocationChanged, LocationOpened
from gymhopper.kernel.ids import new_id

NINE_TO_FIVE = [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]
SIX_TO_TEN = [{"weekday": day, "opens": "06:00", "closes": "22:00"} for day in range(1, 8)]
CHRISTMAS: dict[str, Any] = {"date": "2026-12-25", "open": []}


async def test_an_opened_location_is_told_of_with_all_of_it(network: Network) -> None:
    made = await network.open(network.north, hours=NINE_TO_FIVE, exceptions=[CHRISTMAS])

    [opened] = await network.events(LocationOpened)
    state = opened.location
    assert str(state.location_id) == made["id"]
    assert state.organisation_id == network.north.organisation_id
    assert (state.zone, state.city, state.tier, state.status) == (
        "Europe/Berlin",
        "Berlin",
        2,
        "open",
    )
    assert [(each.weekday, each.start, each.until) for each in state.hours] == [(1, 540, 1020)]
    assert [(each.date, each.open) for each in state.exceptions] == [("2026-12-25", ())]
    assert state.rollover_hour == 0


async def test_everybody_may_read_places(network: Network) -> None:
    made = await network.open(network.north, address={"line1": "Weg 1", "city": "Berlin"})

    one = await network.call("GET", f"/locations/{made['id']}")
    several = await network.call("GET", "/locations")

    assert one.json() == made
    assert several.json() == {"items": [made], "next_cursor": None}


@pytest.mark.parametrize(
    ("changes", "around_the_clock", "rollover"),
    [
        ({}, True, 4),
        ({"hours": SIX_TO_TEN}, False, 0),
        ({"rollover_hour": 2}, True, 2),
        ({"hours": [each | {"opens": "05:00", "closes": "05:00"} for each in SIX_TO_TEN]}, True, 4),
        ({"hours": []}, False, 0),
    ],
)
async def test_the_day_turns_at_four_where_the_doors_never_close(
    network: Network, changes: dict[str, object], around_the_clock: bool, rollover: int
) -> None:
    made = await network.open(network.north, **changes)

    [opened] = await network.events(LocationOpened)
    assert made["opening"]["around_the_clock"] is around_the_clock
    assert (opened.location.hours is None) is around_the_clock
    assert made["rollover_hour"] == opened.location.rollover_hour == rollover


async def test_times_come_from_region_and_organisation_until_the_place_speaks(
    network: Network,
) -> None:
    north = network.north
    whole = await network.made(
        "/calendars",
        by=north,
        json={"name": "All", "hours": SIX_TO_TEN, "exceptions": [CHRISTMAS]},
    )
    epiphany = {"date": "2026-01-06", "open": []}
    region = await network.made(
        "/calendars",
        by=north,
        json={"name": "South", "parent_id": whole["id"], "exceptions": [epiphany]},
    )
    late = {"date": "2026-12-25", "open": [{"opens": "12:00", "closes": "14:00"}]}

    heir = await network.open(north, calendar_id=region["id"])
    own = await network.open(north, calendar_id=region["id"], hours=NINE_TO_FIVE, exceptions=[late])

    assert heir["hours"] is None
    assert heir["opening"]["hours"] == SIX_TO_TEN
    assert heir["opening"]["exceptions"] == [epiphany, CHRISTMAS]
    assert own["opening"]["hours"] == NINE_TO_FIVE
    assert own["opening"]["exceptions"] == [epiphany, late]


async def test_a_changed_calendar_is_told_of_where_it_makes_a_difference(network: Network) -> None:
    north = network.north
    whole = await network.made("/calendars", by=north, json={"name": "All", "hours": SIX_TO_TEN})
    region = await network.made(
        "/calendars", by=north, json={"name": "South", "parent_id": whole["id"]}
    )
    heir = await network.open(north, calendar_id=region["id"])
    await network.open(north, calendar_id=region["id"], hours=SIX_TO_TEN)
    await network.open(north)

    changed = await network.call(
        "PUT", f"/calendars/{whole['id']}/times", by=north, json={"hours": NINE_TO_FIVE}
    )

    assert changed.status_code == 200
    [told] = await network.events(LocationChanged)
    assert str(told.location.location_id) == heir["id"]
    assert [(each.weekday, each.start) for each in told.location.hours] == [(1, 540)]
    read = await network.call("GET", f"/locations/{heir['id']}")
    assert read.json()["opening"]["hours"] == NINE_TO_FIVE


async def test_the_last_word_about_a_place_is_true_whoever_speaks_at_once(network: Network) -> None:
    north = network.north
    calendar = await network.made("/calendars", by=north, json={"name": "All"})
    first = await network.open(north, calendar_id=calendar["id"])

    def week(hour: int) -> list[dict[str, object]]:
        return [{"weekday": 1, "opens": f"{hour:02}:00", "closes": "23:00"}]

    calls = []
    for hour in range(6):
        path = f"/calendars/{calendar['id']}/times"
        calls += [
            network.call("PUT", path, by=north, json={"hours": week(hour)}),
            network.call("PATCH", f"/locations/{first['id']}", by=north, json={"tier": hour + 1}),
            network.open(north, calendar_id=calendar["id"]),
        ]
    await asyncio.gather(*calls)

    last = {
        str(each.location.location_id): each.location
        for each in await network.events(LocationOpened, LocationChanged)
    }
    assert len(last) == 7
    for key, state in last.items():
        read = (await network.call("GET", f"/locations/{key}")).json()
        assert state.tier == read["tier"]
        [stretch] = state.hours
        assert f"{stretch.start // 60:02}:00" == read["opening"]["hours"][0]["opens"]


async def test_a_patch_changes_what_it_names(network: Network) -> None:
    made = await network.open(
        network.north, hours=NINE_TO_FIVE, address={"line1": "Weg 1", "city": "Berlin"}
    )

    changed = await network.call(
        "PATCH",
        f"/locations/{made['id']}",
        by=network.north,
        json={"tier": 3, "hours": None, "name": "Ostkreuz", "status": "closed", "address": None},
    )

    assert changed.status_code == 200, changed.text
    expected = made | {
        "tier": 3,
        "name": "Ostkreuz",
        "status": "closed",
        "hours": None,
        "address": None,
        "rollover_hour": 4,
    }
    opening = changed.json()["opening"]
    assert changed.json() == expected | {"opening": opening, "staffed": opening}
    assert changed.json()["opening"]["around_the_clock"] is True
    [told] = await network.events(LocationChanged)
    assert (told.location.tier, told.location.status) == (3, "closed")


async def test_a_patch_without_a_difference_is_not_told(network: Network) -> None:
    made = await network.open(network.north)

    for body in ({}, {"tier": 2}, {"hours": None}):
        answer = await network.call(
            "PATCH", f"/locations/{made['id']}", by=network.north, json=body
        )
        assert answer.json() == made

    assert await network.events(LocationChanged) == []


async def test_closed_places_leave_the_list_and_stay_readable(network: Network) -> None:
    made = await network.open(network.north)
    path = f"/locations/{made['id']}"
    await network.call("PATCH", path, by=network.north, json={"status": "closed"})

    assert (await network.call("GET", "/locations")).json()["items"] == []
    closed = (await network.call("GET", "/locations", params={"status": "closed"})).json()
    assert [each["id"] for each in closed["items"]] == [made["id"]]
    assert (await network.call("GET", path)).json()["status"] == "closed"


async def test_places_are_found_by_city_organisation_and_tier(network: Network) -> None:
    berlin = await network.open(network.north)
    bonn = await network.open(network.north, city="Bonn", tier=1)
    other = await network.open(network.south, tier=1)

    async def found(**params: object) -> list[str]:
        answer = await network.call("GET", "/locations", params=params)
        return [each["id"] for each in answer.json()["items"]]

    assert await found(city="Berlin") == [berlin["id"], other["id"]]
    assert await found(organisation_id=str(network.north.organisation_id)) == [
        berlin["id"],
        bonn["id"],
    ]
    assert await found(tier=1) == [bonn["id"], other["id"]]
    assert await found(tier=1, city="Bonn") == [bonn["id"]]
    assert await found(city="Nowhere") == []


async def test_pages_follow_each_other_without_gap_or_repeat(network: Network) -> None:
    made = [(await network.open(network.north, name=f"No {n}"))["id"] for n in range(5)]

    seen: list[str] = []
    params: dict[str, object] = {"limit": 2}
    while True:
        page = (await network.call("GET", "/locations", params=params)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]

    assert seen == made


async def test_foreign_places_and_calendars_cannot_be_changed_or_used(network: Network) -> None:
    place = await network.open(network.south)
    calendar = await network.made("/calendars", by=network.south, json={"name": "All"})
    north = network.north

    refused = [
        await network.call("PATCH", f"/locations/{place['id']}", by=north, json={"tier": 1}),
        await network.call("PATCH", f"/locations/{new_id()}", by=north, json={"tier": 1}),
        await network.call("PUT", f"/calendars/{calendar['id']}/times", by=north, json={}),
        await network.call("PUT", f"/calendars/{new_id()}/times", by=north, json={}),
        await network.call("GET", f"/calendars/{new_id()}"),
        await network.call("GET", f"/locations/{new_id()}"),
        await network.call(
            "POST", "/calendars", by=north, json={"name": "A", "parent_id": calendar["id"]}
        ),
        await network.call("POST", "/locations", by=north, json=network.location(network.south)),
        await network.call(
            "POST",
            "/locations",
            by=north,
            json=network.location(north, calendar_id=calendar["id"]),
        ),
    ]

    assert [each.status_code for each in refused] == [404] * len(refused)
    assert await network.events(LocationChanged) == []


async def test_not_even_an_administrator_mixes_two_organisations(network: Network) -> None:
    mixed = network.location(network.south, organisation_id=str(network.north.organisation_id))

    refused = await network.call("POST", "/locations", by=ADMIN, json=mixed)

    assert (refused.status_code, refused.json()["field"]) == (404, "legal_entity_id")


async def test_an_external_ref_opens_one_place(network: Network) -> None:
    await network.open(network.north, external_ref="gym_1")
    await network.open(network.south, external_ref="gym_1")

    again = await network.call(
        "POST",
        "/locations",
        by=network.north,
        json=network.location(network.north, external_ref="gym_1"),
    )

    assert (again.status_code, again.json()["code"]) == (409, "external_ref_taken")
    assert len(await network.events(LocationOpened)) == 2


BAD_FIELDS = [
    ({"zone": "Mars/Base"}, "zone"),
    ({"zone": "Europe"}, "zone"),
    ({"country": "de"}, "country"),
    ({"tier": 0}, "tier"),
    ({"tier": 10**30}, "tier"),
    ({"tier": "gold"}, "tier"),
    ({"latitude": 90.1}, "latitude"),
    ({"longitude": -180.1}, "longitude"),
    ({"rollover_hour": 24}, "rollover_hour"),
    ({"name": "a\u0007"}, "name"),
    ({"city": ""}, "city"),
    ({"hours": [{"weekday": 8, "opens": "09:00", "closes": "10:00"}]}, "hours"),
    ({"hours": [{"weekday": 1, "opens": "24:00", "closes": "10:00"}]}, "hours"),
    ({"hours": [{"weekday": 1, "opens": "9:00", "closes": "10:00"}]}, "hours"),
    ({"hours": "always"}, "hours"),
    ({"exceptions": [CHRISTMAS, CHRISTMAS]}, "exceptions"),
    ({"exceptions": [{"date": "2026-02-30"}]}, "exceptions"),
    ({"calendar_id": "all"}, "calendar_id"),
    ({"status": "ruined"}, "status"),
    ({"surprise": 1}, "surprise"),
]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_bad_input_is_named_by_its_field_and_changes_nothing(
    network: Network, method: str
) -> None:
    made = await network.open(network.north)
    own = f"/locations/{made['id']}"
    path, good = ("/locations", network.location(network.north)) if method == "POST" else (own, {})

    for change, field in BAD_FIELDS:
        response = await network.call(method, path, by=network.north, json=good | change)
        problem = response.json()
        assert response.status_code == 422, (change, problem)
        assert response.headers["content-type"] == "application/problem+json"
        at_fault = [problem["field"], *(each["field"] for each in problem.get("errors", ()))]
        assert field in {each.partition(".")[0] for each in at_fault}, (change, problem)

    assert (await network.call("GET", own)).json() == made
    assert await network.events(LocationChanged) == []


async def test_one_bad_field_among_good_ones_spoils_them_all(network: Network) -> None:
    made = await network.open(network.north)
    path = f"/locations/{made['id']}"

    for bad in ({"latitude": 91}, {"exceptions": [CHRISTMAS, CHRISTMAS]}):
        refused = await network.call("PATCH", path, by=network.north, json={"tier": 9} | bad)
        assert refused.status_code == 422

    assert (await network.call("GET", path)).json() == made


async def test_what_cannot_be_missing_cannot_be_null(network: Network) -> None:
    made = await network.open(network.north)
    for name in ("name", "city", "tier", "exceptions", "status", "latitude", "longitude"):
        refused = await network.call(
            "PATCH", f"/locations/{made['id']}", by=network.north, json={name: None}
        )
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input"), name


async def test_a_latitude_is_a_number(network: Network) -> None:
    made = await network.open(network.north)
    for number in (b"NaN", b"Infinity", b"-1e999"):
        refused = await network.call(
            "PATCH",
            f"/locations/{made['id']}",
            by=network.north,
            content=b'{"latitude": ' + number + b"}",
            headers={"Content-Type": "application/json"},
        )
        assert refused.status_code in {400, 422}, number


BAD_QUERIES = (
    "limit=0",
    "limit=x",
    "cursor=1",
    "tier=99999999999",
    "city=%00",
    "status=all",
    "tyer=1",
)


async def test_a_bad_query_is_refused(network: Network) -> None:
    for query in BAD_QUERIES:
        answer = await network.call("GET", f"/locations?{query}")
        code = "invalid_cursor" if query.startswith("cursor") else "invalid_input"
        assert (answer.status_code, answer.json()["code"]) == (422, code), query


async def test_malformed_bodies_and_ids_are_problems(network: Network) -> None:
    malformed = await network.call(
        "POST",
        "/locations",
        by=network.north,
        content=b"{",
        headers={"Content-Type": "application/json"},
    )
    a_list = await network.call("POST", "/locations", by=network.north, json=[])
    no_id = await network.call("GET", "/locations/first")

    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed_json")
    assert a_list.status_code == 422
    assert no_id.status_code == 422
