"""Who comes along with whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_PARTIES = text(
    "SELECT b.id, b.person_id, (SELECT count(*) FROM scheduling.booking AS g"
    "  WHERE g.class_id = b.class_id AND g.host_booking_id = b.id AND g.status <> 'cancelled')"
    "  AS guests FROM scheduling.booking AS b WHERE b.class_id = :class_id"
    " AND b.person_id = ANY(CAST(:people AS uuid[])) AND b.status = 'booked'"
)


@dataclass(slots=True)
class Party:
    """The booking of somebody who has a place in a class, and how many guests come along."""

    booking_id: UUID
    guests: int = 0


async def parties(
    connection: AsyncConnection, class_id: UUID, hosts: Sequence[UUID]
) -> dict[UUID, Party]:
    """The parties of those of these people who have a place in a class; it is held, so that none
    of them grows meanwhile. Who only stands in line has none."""
    if not hosts:
        return {}
    asked = {"class_id": class_id, "people": hosts}
    rows = await connection.execute(_PARTIES, asked)
    return {row.person_id: Party(row.id, row.guests) for row in rows}
