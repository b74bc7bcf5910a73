"""The bookings that a class has."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gymhopper.contexts.scheduling.domain.booking import LIVE, Booking
from gymhopper.contexts.scheduling.storage import tables


async def live_bookings(
    session: AsyncSession, class_ids: Sequence[UUID]
) -> dict[UUID, list[Booking]]:
    """Those that were not cancelled, held, in the order of their numbers; the classes' rows are
    held already."""
    found = await session.scalars(
        select(Booking)
        .where(tables.booking.c.class_id.in_(class_ids), tables.booking.c.status.in_(LIVE))
        .order_by(tables.booking.c.class_id, tables.booking.c.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_class: dict[UUID, list[Booking]] = {each: [] for each in class_ids}
    for each in found:
        by_class[each.class_id].append(each)
    return by_class
