"""Writes of many bookings at once, in one statement each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.booking import Booking

_COLUMNS: dict[str, str] = {
    "id": "uuid",
    "class_id": "uuid",
    "host_organisation_id": "uuid",
    "home_organisation_id": "uuid",
    "person_id": "uuid",
    "member_id": "uuid",
    "membership_id": "uuid",
    "version": "integer",
    "channel": "text",
    "status": "text",
    "number": "integer",
    "start_at": "timestamptz",
    "until_at": "timestamptz",
    "spot": "text",
    "credits": "integer",
    "credits_known": "boolean",
    "terms": "jsonb",
    "booked_at": "timestamptz",
    "booked_by": "text",
    "free_until": "timestamptz",
    "waited": "boolean",
    "wait_until": "timestamptz",
    "host_booking_id": "uuid",
    "host_person_id": "uuid",
}
_NAMES = ", ".join(_COLUMNS)
_ARRAYS = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
_INSERT = text(
    f"INSERT INTO scheduling.booking ({_NAMES}, bypassed)"  # noqa: S608 - constants of this module
    f" SELECT {_NAMES}, string_to_array(bypassed, ' ')"
    f" FROM unnest({_ARRAYS}, CAST(:bypassed AS text[])) AS b ({_NAMES}, bypassed)"
)
_COUNTS = text(
    "UPDATE scheduling.class SET taken = :taken, waiting = :waiting, last_number = :last_number"
    " WHERE id = :id"
)
_SPOTS = text(
    "SELECT spot FROM scheduling.booking WHERE class_id = :class_id AND spot IS NOT NULL"
    " AND status NOT IN ('cancelled', 'waiting')"
)


async def insert_bookings(connection: AsyncConnection, bookings: Sequence[Booking]) -> None:
    """Rows of new bookings."""
    values: dict[str, Any] = {name: [getattr(each, name) for each in bookings] for name in _COLUMNS}
    values["terms"] = [msgspec.json.encode(each.terms).decode() for each in bookings]
    values["bypassed"] = [" ".join(each.bypassed) for each in bookings]
    await connection.execute(_INSERT, values)


async def update_counts(
    connection: AsyncConnection, class_id: UUID, *, taken: int, waiting: int, last_number: int
) -> None:
    """How many places of a class are taken and waited for, and the number given last."""
    await connection.execute(
        _COUNTS, {"id": class_id, "taken": taken, "waiting": waiting, "last_number": last_number}
    )


async def spots_taken(connection: AsyncConnection, class_id: UUID) -> set[str]:
    """The spots that somebody has."""
    return {row.spot for row in await connection.execute(_SPOTS, {"class_id": class_id})}
