"""What classes are made of, one of each."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from authorisation.calls import Ids
from gymhopper.sandbox.demo.client import until


async def timetable(
    made: Callable[..., Awaitable[Any]], tried: Callable[..., Awaitable[bool]], ids: Ids, name: str
) -> None:
    """A kind of class, a room once scheduling has heard of the location, an instructor, and a
    calendar of the location."""
    mine = {"organisation_id": ids["organisation_id"]}
    await made("class_type_id", "/class-types", **mine, name=f"{name} Cycling")
    await until(
        lambda: tried("room_id", "/rooms", location_id=ids["location_id"], name=f"{name} Hall"),
        bool,
        what="scheduling hears of the location",
    )
    await made("instructor_id", "/instructors", **mine, name=f"{name}'s Joe")
    feed = {"kind": "location", "location_id": ids["location_id"]}
    await made("feed_id", "/calendar-feeds", **feed)


async def own_calendar(client: httpx.AsyncClient) -> str:
    """The id of a calendar of the client's own bookings."""
    async with client:
        opened = await client.post("/api/v1/calendar-feeds", json={"kind": "member"})
    assert opened.status_code == httpx.codes.CREATED, opened.text
    return str(opened.json()["id"])
