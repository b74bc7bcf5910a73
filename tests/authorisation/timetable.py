"""What classes are made of, one of each."""

from collections.abc import Awaitable, Callable
from typing import Any

from authorisation.calls import Ids
from gymhopper.sandbox.demo.client import until


async def timetable(
    made: Callable[..., Awaitable[Any]], tried: Callable[..., Awaitable[bool]], ids: Ids, name: str
) -> None:
    """A kind of class, a room once scheduling has heard of the location, and an instructor."""
    mine = {"organisation_id": ids["organisation_id"]}
    await made("class_type_id", "/class-types", **mine, name=f"{name} Cycling")
    await until(
        lambda: tried("room_id", "/rooms", location_id=ids["location_id"], name=f"{name} Hall"),
        bool,
        what="scheduling hears of the location",
    )
    await made("instructor_id", "/instructors", **mine, name=f"{name}'s Joe")
