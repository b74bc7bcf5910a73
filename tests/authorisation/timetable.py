"""The timetable of each side: what classes are made of, and a class."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from authorisation.calls import Ids
from gymhopper.sandbox.demo.client import until


async def timetable(
    made: Callable[..., Awaitable[Any]], tried: Callable[..., Awaitable[bool]], ids: Ids, name: str
) -> None:
    """A kind of class, a room once scheduling has heard of the location, instructors, a class, a
    series, and a calendar of the location."""
    mine = {"organisation_id": ids["organisation_id"]}
    await made("class_type_id", "/class-types", **mine, name=f"{name} Cycling")
    await until(
        lambda: tried("room_id", "/rooms", location_id=ids["location_id"], name=f"{name} Hall"),
        bool,
        what="scheduling hears of the location",
    )
    await made("instructor_id", "/instructors", **mine, name=f"{name}'s Joe")
    await made("substitute_id", "/instructors", **mine, name=f"{name}'s Ann")
    await made("class_id", "/classes", **a_class(ids))
    await made("schedule_id", "/schedules", **a_schedule(ids))
    feed = {"kind": "location", "location_id": ids["location_id"]}
    await made("feed_id", "/calendar-feeds", **feed)


async def own_calendar(client: httpx.AsyncClient) -> str:
    """The id of a calendar of the client's own bookings."""
    async with client:
        opened = await client.post("/api/v1/calendar-feeds", json={"kind": "member"})
    assert opened.status_code == httpx.codes.CREATED, opened.text
    return str(opened.json()["id"])


def a_class(ids: Ids) -> dict[str, Any]:
    """A class with its room and its instructor, at a time of its own."""
    return {
        "location_id": ids["location_id"],
        "class_type_id": ids["class_type_id"],
        "room_id": ids["room_id"],
        "instructor_ids": [ids["instructor_id"]],
        "local_start": "2030-05-06T18:00:00" if "class_id" not in ids else "2030-05-07T18:00:00",
        "capacity": 10,
    }


def a_substitution(ids: Ids) -> dict[str, Any]:
    """Ann teaches instead of Joe."""
    return {
        "from_instructor_id": ids["instructor_id"],
        "to_instructor_id": ids["substitute_id"],
    }


def a_schedule(ids: Ids) -> dict[str, Any]:
    """Mornings, where and when nobody is in the way."""
    return {
        "location_id": ids["location_id"],
        "class_type_id": ids["class_type_id"],
        "rule": "FREQ=WEEKLY;BYDAY=TU",
        "start_time": "07:00:00",
        "capacity": 5,
    }
