"""What events of classes and bookings tell, beside the row itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.rules import BookingRules, resolve
from gymhopper.contexts.scheduling.queries.booking_rules import said_rules
from gymhopper.contexts.scheduling.storage.tables import room
from gymhopper.contracts.scheduling.state import ClassState


async def class_states(connection: AsyncConnection, classes: Sequence[Class]) -> list[ClassState]:
    """The classes as their events tell of them, with the areas of their rooms."""
    rooms = {each.room_id for each in classes if each.room_id is not None}
    areas: dict[UUID, UUID | None] = {}
    if rooms:
        query = select(room.c.id, room.c.area_id).where(room.c.id.in_(rooms))
        areas = {each.id: each.area_id for each in await connection.execute(query)}
    return [
        each.state(None if each.room_id is None else areas.get(each.room_id)) for each in classes
    ]


async def rules_of(
    connection: AsyncConnection, classes: Sequence[Class]
) -> dict[UUID, BookingRules]:
    """The rules that hold for each of the classes, by their ids."""
    known: dict[tuple[UUID, UUID, UUID], BookingRules] = {}
    found = {}
    for each in classes:
        key = (each.host_organisation_id, each.location_id, each.class_type_id)
        if key not in known:
            known[key] = resolve(said.rules for said in await said_rules(connection, *key))
        found[each.id] = known[key]
    return found
