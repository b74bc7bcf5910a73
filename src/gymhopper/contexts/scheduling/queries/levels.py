"""Reads of what members have reached."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.storage.tables import level


async def levels(
    connection: AsyncConnection, organisation_id: UUID, person_id: UUID
) -> list[tuple[str, int]]:
    """What the organisation says of the person: disciplines by their names, each with its level."""
    query = (
        select(level.c.discipline, level.c.level)
        .where(level.c.organisation_id == organisation_id, level.c.person_id == person_id)
        .order_by(level.c.discipline)
    )
    return [(row.discipline, row.level) for row in await connection.execute(query)]
