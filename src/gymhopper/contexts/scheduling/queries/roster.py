"""Who is in a class, and in the line for it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.storage.tables import booking
from gymhopper.contracts.scheduling.state import BookingStatus, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A booking of the class that was not cancelled; `position` is its place in line, from 1."""

    id: UUID
    home_organisation_id: UUID
    person_id: UUID
    member_id: UUID
    membership_id: UUID | None
    status: BookingStatus
    channel: Channel
    number: int
    spot: str | None
    host_booking_id: UUID | None
    bypassed: tuple[str, ...]
    position: int | None


_OWN = [name for name in Entry.__dataclass_fields__ if name != "position"]


async def roster(connection: AsyncConnection, class_id: UUID) -> list[Entry]:
    """In the order of their numbers, which is the line's."""
    query = (
        select(*(booking.c[name] for name in _OWN))
        .where(booking.c.class_id == class_id, booking.c.status != "cancelled")
        .order_by(booking.c.number)
    )
    found, waiting = [], 0
    for row in (await connection.execute(query)).mappings():
        waits = row["status"] == "waiting"
        waiting += waits
        values = {**row, "bypassed": tuple(row["bypassed"])}
        found.append(Entry(**values, position=waiting if waits else None))
    return found
