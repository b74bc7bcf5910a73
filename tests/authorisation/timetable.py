"""The timetable of each side: what classes are made of, and a class."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from authorisation.calls import Ids
from gymhopper.sandbox.demo.client import Platform, until


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
    await made("service_id", "/services", **a_service(ids))
    feed = {"kind": "location", "location_id": ids["location_id"]}
    await made("feed_id", "/calendar-feeds", **feed)


async def own_calendar(client: httpx.AsyncClient) -> str:
    """The id of a calendar of the client's own bookings."""
    async with client:
        opened = await client.post("/api/v1/calendar-feeds", json={"kind": "member"})
    assert opened.status_code == httpx.codes.CREATED, opened.text
    return str(opened.json()["id"])


async def bookings(platform: Platform, made: Callable[..., Awaitable[Any]], ids: Ids) -> None:
    """The member has a place in the class, and an appointment with Joe."""
    mine = {"member_id": ids["member_id"], "bypass": True}
    await made("booking_id", f"/classes/{ids['class_id']}/book", **mine)
    where = f"/instructors/{ids['instructor_id']}/availability"
    await platform.put(where, availability(ids))
    await made("appointment_id", "/appointments", **an_appointment(ids))


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


def a_service(ids: Ids) -> dict[str, Any]:
    """Joe has time for it, once he says when."""
    return {
        "organisation_id": ids["organisation_id"],
        "name": "Training",
        "minutes": 30,
        "days_ahead": 400,
        "instructor_ids": [ids["instructor_id"]],
    }


def availability(ids: Ids) -> dict[str, Any]:
    """Joe is there all week."""
    days = [{"weekday": each, "start": 0, "until": 1440} for each in range(1, 8)]
    return {"location_id": ids["location_id"], "weekly": days}


def an_appointment(ids: Ids) -> dict[str, Any]:
    """Tomorrow, or the day after where there is one already, with whoever has time."""
    days = timedelta(days=1 if "appointment_id" not in ids else 2)
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + days
    return {
        "service_id": ids["service_id"],
        "location_id": ids["location_id"],
        "start_at": start.isoformat(),
        "member_id": ids["member_id"],
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
