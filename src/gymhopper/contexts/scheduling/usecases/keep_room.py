"""Furnish a room, and change it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.room import Room, Spot
from gymhopper.contexts.scheduling.usecases.reach import held, place_of
from gymhopper.kernel.ids import new_id


async def make_room(
    uow: UnitOfWork, *, location_id: UUID, name: str, area_id: UUID | None, spots: tuple[Spot, ...]
) -> Room:
    """A room of a location. Raises NotFound, InvalidInput for spots, Forbidden."""
    place = await place_of(uow, location_id)
    made = Room(
        id=new_id(),
        organisation_id=place.organisation_id,
        location_id=location_id,
        name=name,
        area_id=area_id,
        spots=spots,
        created_at=uow.now,
        version=1,
    )
    uow.add(made)
    await uow.flush()
    return made


async def change_room(
    uow: UnitOfWork, room_id: UUID, given: Mapping[str, Any], expected: Expected = ANY
) -> Room:
    """Whoever has a spot that is out of order now, or gone, keeps it until they or staff choose
    another. Raises NotFound, InvalidInput, VersionMismatch, Forbidden."""
    found = await held(uow, Room, room_id, "room")
    await place_of(uow, found.location_id)
    expected.require(found)
    found.change(given, uow.now)
    if uow.session.is_modified(found):
        found.version += 1
    await uow.flush()
    return found
