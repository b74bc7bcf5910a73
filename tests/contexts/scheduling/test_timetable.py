"""What everybody reads: what is on, where, and whether there is a place."""

from typing import Any

import pytest

from contexts.scheduling.bookings import booked
from contexts.scheduling.test_classes import made
from contexts.scheduling.town import NEW_YORK, Gym, Town

GRAZ = {"latitude": 47.0707, "longitude": 15.4395, "city": "Graz", "name": "Süd"}
IN_NEW_YORK = {
    "latitude": NEW_YORK[0],
    "longitude": NEW_YORK[1],
    "city": "New York",
    "zone": "America/New_York",
    "name": "Uptown",
}


async def listed(gym: Gym, **query: Any) -> list[str]:
    return [each["id"] for each in (await gym.get("/classes", **query))["items"]]


async def test_an_entry_says_all_that_a_page_shows(gym: Gym) -> None:
    location = await gym.location()
    room, joe = (await gym.room(location))["id"], await gym.instructor("Joe")
    ann = await gym.instructor("Ann")
    class_ = await made(gym, location, room_id=room, instructor_ids=[joe, ann], capacity=2)
    opening = {"opening": {"days": 7, "at": "12:00:00"}, "free_minutes": 60, "close_minutes": 5}
    await gym.put("/booking-rules", {"rules": opening})
    await booked(gym, class_["id"])
    await booked(gym, class_["id"], status="waiting")
    [entry] = (await gym.get("/classes"))["items"]
    assert entry == {
        "id": class_["id"],
        "organisation_id": str(gym.organisation_id),
        "schedule_id": None,
        "name": "Cycling",
        "start_at": "2026-03-09T17:00:00Z",
        "until_at": "2026-03-09T18:00:00Z",
        "local_start": "2026-03-09T18:00:00+01:00",
        "location": {
            "id": location,
            "name": "Mitte",
            "city": "Wien",
            "zone": "Europe/Vienna",
            "distance_km": None,
        },
        "class_type": {"id": class_["class_type_id"], "name": "Cycling"},
        "room": {"id": room, "name": "Hall"},
        "instructors": [{"id": joe, "name": "Joe"}, {"id": ann, "name": "Ann"}],
        "substitute": False,
        "status": "scheduled",
        "capacity": 2,
        "free": 1,
        "waiting": 1,
        "booking": {
            "opens_at": "2026-03-02T11:00:00Z",
            "closes_at": "2026-03-09T16:55:00Z",
            "free_until": "2026-03-09T16:00:00Z",
        },
        "you": None,
    }


async def test_rules_are_those_of_each_class(gym: Gym) -> None:
    here, there = await gym.location(), await gym.location()
    first, second = await made(gym, here), await made(gym, there)
    kind = second["class_type_id"]
    await gym.put("/booking-rules", {"rules": {"free_minutes": 60}, "location_id": here})
    await gym.put("/booking-rules", {"rules": {"free_minutes": 90}, "location_id": there})
    await gym.put("/booking-rules", {"rules": {"free_minutes": 30}, "class_type_id": kind})
    found = {each["id"]: each["booking"] for each in (await gym.get("/classes"))["items"]}
    assert found[first["id"]]["free_until"] == "2026-03-09T16:00:00Z"
    assert found[second["id"]]["free_until"] == "2026-03-09T16:30:00Z"


async def test_a_class_is_found_by_what_it_is_and_where_and_when(gym: Gym) -> None:
    wien, graz = await gym.location(), await gym.location(**GRAZ)
    joe = await gym.instructor()
    first = await made(gym, wien, instructor_ids=[joe])
    later = await made(gym, wien, local_start="2026-03-11T18:00:00", capacity=1)
    far = await made(gym, graz, local_start="2026-03-10T18:00:00")
    await booked(gym, later["id"])
    ids = [first["id"], far["id"], later["id"]]
    assert await listed(gym) == ids
    assert await listed(gym, location_id=wien) == [ids[0], ids[2]]
    assert await listed(gym, city="Graz") == [ids[1]]
    assert await listed(gym, class_type_id=far["class_type_id"]) == [ids[1]]
    assert await listed(gym, instructor_id=joe) == [ids[0]]
    assert await listed(gym, free=True) == ids[:2]
    assert await listed(gym, date="2026-03-10") == [ids[1]]
    assert await listed(gym, **{"from": "2026-03-09T17:00:00Z"}) == ids
    assert await listed(gym, **{"from": "2026-03-09T17:00:01Z"}) == ids[1:]
    assert await listed(gym, until="2026-03-10T17:00:00Z") == ids[:1]
    assert await listed(gym, near="48.2,16.37") == [ids[0], ids[2]]
    assert await listed(gym, near="48.2,16.37", within_km=200) == ids
    await gym.post(f"/classes/{ids[1]}/cancel", expect=200)
    assert await listed(gym, city="Graz") == []
    assert await listed(gym, city="Graz", cancelled=True) == [ids[1]]


async def test_distances_are_as_the_crow_flies(gym: Gym) -> None:
    await made(gym, await gym.location(**GRAZ))
    await made(gym, await gym.location(**IN_NEW_YORK))
    found = (await gym.get("/classes", near="48.2082,16.3738", within_km=200))["items"]
    assert [each["location"]["distance_km"] for each in found] == [pytest.approx(145, abs=1)]


async def test_a_date_is_the_one_that_the_place_has(gym: Gym) -> None:
    wien, uptown = await gym.location(), await gym.location(**IN_NEW_YORK)
    late = await made(gym, uptown, local_start="2026-03-07T23:30:00")
    early = await made(gym, wien, local_start="2026-03-08T00:30:00")
    assert late["start_at"][:10] == "2026-03-08"
    assert early["start_at"][:10] == "2026-03-07"
    assert await listed(gym, date="2026-03-07") == [late["id"]]
    assert await listed(gym, date="2026-03-08") == [early["id"]]


async def test_pages_follow_each_other_by_start_across_places(gym: Gym) -> None:
    places = [await gym.location() for _ in range(3)]
    kind = (await gym.class_type())["id"]
    body = {"class_type_id": kind, "capacity": 1}
    for hour in (9, 10):
        for place in places:
            start = {"local_start": f"2026-03-09T{hour:02}:00:00", "location_id": place}
            await gym.post("/classes", body | start)
    seen, cursor = [], {}
    while cursor is not None:
        page = await gym.get("/classes", limit=2, **cursor)
        seen += [(each["start_at"], each["id"]) for each in page["items"]]
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    assert len(set(seen)) == len(seen) == 6
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    "query", [{"near": "91,0"}, {"near": "Wien"}, {"from": "2026-03-09"}, {"x": 1}]
)
async def test_a_question_that_cannot_be_is_refused(gym: Gym, query: Any) -> None:
    await gym.get("/classes", expect=422, **query)


async def test_whoever_comes_from_elsewhere_sees_the_timetable_too(town: Town) -> None:
    class_ = await made(town.theirs, instructor_ids=[await town.theirs.instructor()])
    async with town.ours.member() as member:
        assert (await member.get("/api/v1/classes")).json()["items"] == []
        of_them = {"organisation_id": str(town.theirs.organisation_id)}
        found = (await member.get("/api/v1/classes", params=of_them)).json()["items"]
        assert [each["id"] for each in found] == [class_["id"]]
        one = (await member.get(f"/api/v1/classes/{class_['id']}")).json()
        assert one["instructors"][0]["name"] == "Grace"


async def test_a_page_of_a_class_shows_which_spots_are_taken(gym: Gym) -> None:
    location = await gym.location()
    spots = [{"name": n, "row": 0, "column": int(n), "out_of_order": n == "3"} for n in "123"]
    room = (await gym.room(location, spots=spots))["id"]
    class_ = await made(gym, location, room_id=room, capacity=None)
    await booked(gym, class_["id"], spot="1")
    await booked(gym, class_["id"], spot="2", status="cancelled")
    async with gym.member() as member:
        one = (await member.get(f"/api/v1/classes/{class_['id']}")).json()
    assert [(each["taken"], each["out_of_order"]) for each in one["spots"]] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    assert (one["version"], one["credits"], one["free"]) == (1, 1, 1)
    await gym.get("/classes/01900000-0000-7000-8000-000000000000", expect=404)
