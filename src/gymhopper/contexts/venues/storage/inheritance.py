"""What calendars say, and which places hear it."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.venues.domain.location import Location
from gymhopper.contexts.venues.domain.opening_times import OpeningTimes, resolve
from gymhopper.contexts.venues.storage.tables import calendar
from gymhopper.contracts.venues.events import LocationState


async def calendar_times(
    connection: AsyncConnection, calendar_ids: Collection[UUID]
) -> Mapping[UUID | None, OpeningTimes]:
    """What holds by each of the calendars and all that they inherit from.

    The key None, for places without a calendar, says nothing.
    """
    levels: dict[UUID, list[OpeningTimes]] = {}
    if calendar_ids:
        chain = (
            select(calendar.c.id.label("of"), calendar.c.id, literal(0).label("distance"))
            .where(calendar.c.id.in_(calendar_ids))
            .cte("chain", recursive=True)
        )
        chain = chain.union_all(
            select(chain.c.of, calendar.c.parent_id, chain.c.distance + 1).join(
                calendar, calendar.c.id == chain.c.id
            )
        )
        rows = await connection.execute(
            select(chain.c.of, calendar.c.weekly, calendar.c.exceptions)
            .join(calendar, calendar.c.id == chain.c.id)
            .order_by(chain.c.distance)
        )
        for row in rows:
            levels.setdefault(row.of, []).append(OpeningTimes(row.weekly, row.exceptions))
    said: dict[UUID | None, OpeningTimes] = {None: OpeningTimes()}
    return said | {key: resolve(found) for key, found in levels.items()}


async def location_states(
    connection: AsyncConnection, locations: Sequence[Location]
) -> list[LocationState]:
    """All that others see of the locations, with what their calendars say at present."""
    said = await calendar_times(
        connection, {each.calendar_id for each in locations if each.calendar_id is not None}
    )
    return [each.state(resolve([each.own_times, said[each.calendar_id]])) for each in locations]


async def heirs(connection: AsyncConnection, calendar_id: UUID) -> list[UUID]:
    """The calendar and all that inherit from it."""
    below = select(calendar.c.id).where(calendar.c.id == calendar_id).cte("below", recursive=True)
    below = below.union_all(select(calendar.c.id).join(below, calendar.c.parent_id == below.c.id))
    return list((await connection.execute(select(below.c.id))).scalars())
