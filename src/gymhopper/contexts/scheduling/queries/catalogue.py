"""Reads of what classes are made of: kinds, rooms, instructors; and of services."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.storage.appointment_tables import service
from gymhopper.contexts.scheduling.storage.tables import class_type, instructor, room
from gymhopper.kernel.errors import NotFound

_NAMES = {class_type: "class type", room: "room", instructor: "instructor", service: "service"}

Organisations = Sequence[UUID] | None
"""Whose things a caller may ask for; None: everybody's."""


async def one(
    connection: AsyncConnection, table: Table, key: UUID, organisations: Organisations
) -> Row[Any]:
    """It; NotFound when these organisations have none of this id."""
    query = select(table).where(table.c.id == key)
    if organisations is not None:
        query = query.where(table.c.organisation_id.in_(organisations))
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        raise NotFound(f"There is no {_NAMES[table]} with this id.")
    return found


async def several(
    connection: AsyncConnection,
    table: Table,
    organisations: Organisations,
    *,
    location_id: UUID | None = None,
    retired: bool = False,
    after: UUID | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Those of the organisations, oldest first; without those that are retired unless asked for."""
    query = select(table).order_by(table.c.id).limit(limit)
    if organisations is not None:
        query = query.where(table.c.organisation_id.in_(organisations))
    if location_id is not None:
        query = query.where(table.c.location_id == location_id)
    if not retired:
        query = query.where(table.c.retired_at.is_(None))
    if after is not None:
        query = query.where(table.c.id > after)
    return (await connection.execute(query)).all()
