"""Makes the changes to one organisation's places happen one after the other.

A location's event carries what its calendars say. Whoever changes either holds the organisation's
row first, so that no change of a calendar slips between reading it and telling of the location.
"""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.venues.storage.tables import calendar, location, organisation


async def hold_for_calendar(connection: AsyncConnection, calendar_id: UUID) -> None:
    """Hold the organisation that the calendar belongs to; nothing when there is none to see."""
    await _hold(connection, select(calendar.c.organisation_id).where(calendar.c.id == calendar_id))


async def hold_for_location(connection: AsyncConnection, location_id: UUID) -> None:
    """Hold the organisation that the location belongs to; nothing when there is none to see."""
    await _hold(connection, select(location.c.organisation_id).where(location.c.id == location_id))


async def _hold(connection: AsyncConnection, owner: Select[tuple[UUID]]) -> None:
    await connection.execute(
        select(organisation.c.id)
        .where(organisation.c.id == owner.scalar_subquery())
        .with_for_update()
    )
