"""What a class is made of, checked: it is the organisation's, and in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.class_type import ClassType
from gymhopper.contexts.scheduling.domain.instructor import Instructor
from gymhopper.contexts.scheduling.domain.room import Room
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.kernel.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Where:
    """A location of an organisation."""

    organisation_id: UUID
    location_id: UUID


async def class_type_of(uow: UnitOfWork, where: Where, class_type_id: UUID) -> ClassType:
    """The kind of class. Raises NotFound, Retired."""
    found = await uow.session.get(ClassType, class_type_id)
    if found is None or found.organisation_id != where.organisation_id:
        raise NotFound("There is no class type with this id.", field="class_type_id")
    found.require()
    return found


async def room_of(uow: UnitOfWork, where: Where, room_id: UUID | None) -> Room | None:
    """The room, which lies at the location. Raises NotFound, Retired."""
    if room_id is None:
        return None
    found = await uow.session.get(Room, room_id)
    if found is None or found.location_id != where.location_id:
        raise NotFound("There is no room with this id.", field="room_id")
    found.require()
    return found


async def require_instructors(uow: UnitOfWork, where: Where, ids: Sequence[UUID]) -> None:
    """Raises NotFound, Retired, and InvalidInput when somebody is named twice."""
    require_once(ids)
    if not ids:
        return
    query = select(Instructor).where(
        tables.instructor.c.id.in_(ids),
        tables.instructor.c.organisation_id == where.organisation_id,
    )
    found = (await uow.session.scalars(query)).all()
    if len(found) < len(ids):
        raise NotFound("There is no instructor with this id.", field="instructor_ids")
    for each in found:
        each.require()


def require_once(ids: Sequence[UUID]) -> None:
    """Raises InvalidInput when somebody is named twice."""
    if len(set(ids)) < len(ids):
        raise InvalidInput("Each instructor is named once.", field="instructor_ids")


def places_in(room: Room | None, capacity: int | None) -> int:
    """How many places a class has: so many, or as many as there are spots in its room. Raises
    InvalidInput when neither says."""
    if capacity is not None:
        return capacity
    spots = () if room is None else room.spots
    if not spots:
        raise InvalidInput("Say how many places it has.", field="capacity")
    return sum(not each.out_of_order for each in spots)
