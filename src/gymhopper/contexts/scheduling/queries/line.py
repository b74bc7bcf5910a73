"""Who stands in line for a class."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.storage import tables

AT_ONCE = 500
"""So many are looked at for a free place; those behind them come with the next one."""

_FIRST = text(
    "SELECT id, person_id FROM scheduling.booking WHERE class_id = :class_id"
    " AND status = 'waiting' AND (wait_until IS NULL OR wait_until > :now)"
    " ORDER BY number LIMIT :limit"
)


async def first_in_line(
    connection: AsyncConnection, class_id: UUID, now: datetime
) -> list[tuple[UUID, UUID]]:
    """The bookings that are next, each with its person, in their order."""
    asked = {"class_id": class_id, "now": now, "limit": AT_ONCE}
    return [(row.id, row.person_id) for row in await connection.execute(_FIRST, asked)]


async def held_bookings(session: AsyncSession, ids: list[UUID]) -> list[Booking]:
    """These bookings in the order of their numbers, held."""
    found = await session.scalars(
        select(Booking)
        .where(tables.booking.c.id.in_(ids))
        .order_by(tables.booking.c.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)


async def people_in_line(connection: AsyncConnection, class_id: UUID, now: datetime) -> list[UUID]:
    """Who is next, so that it can be asked what they lack before their class is held."""
    return [person_id for _, person_id in await first_in_line(connection, class_id, now)]
