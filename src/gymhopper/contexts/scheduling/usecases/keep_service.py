"""Say what appointments can be made for, and when somebody takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import Availability, Service
from gymhopper.contexts.scheduling.domain.free_busy import WorkingHours
from gymhopper.contexts.scheduling.domain.instructor import Instructor
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.storage.appointment_tables import availability
from gymhopper.contexts.scheduling.usecases import parts
from gymhopper.contexts.scheduling.usecases.reach import held, place_of
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService:
    """See `Service` for the fields."""

    organisation_id: UUID
    name: str
    class_type_id: UUID | None
    credits: int
    minutes: int
    buffer_before: int
    buffer_after: int
    step_minutes: int
    notice_minutes: int
    days_ahead: int
    free_minutes: int
    instructor_ids: tuple[UUID, ...]
    room_ids: tuple[UUID, ...]
    late_fee: Money | None
    missed_fee: Money | None
    late_credits_back: bool
    missed_credits_back: bool


async def add_service(uow: UnitOfWork, new: NewService) -> Service:
    """Appointments for it can be made from now on. Raises NotFound, Retired, InvalidInput, and
    Forbidden for callers who are limited to a place."""
    uow.subject.require_place()
    made = Service(
        id=new_id(), created_at=uow.now, **{x: getattr(new, x) for x in NewService.__slots__}
    )
    made.check()
    where = parts.Where(new.organisation_id, new.organisation_id)
    if new.class_type_id is not None:
        await parts.class_type_of(uow, where, new.class_type_id)
    await _require_parts(uow, made)
    made.version = 1
    uow.add(made)
    await uow.flush()
    return made


async def change_service(
    uow: UnitOfWork, service_id: UUID, given: Mapping[str, Any], expected: Expected = ANY
) -> Service:
    """Holds for appointments that are booked from now on. Raises NotFound, Retired, InvalidInput,
    VersionMismatch, Forbidden."""
    found = await held(uow, Service, service_id, "service")
    uow.subject.require_place()
    expected.require(found)
    found.change(given, uow.now)
    if {"instructor_ids", "room_ids"} & given.keys():
        await _require_parts(uow, found)
    if uow.session.is_modified(found):
        found.version += 1
    await uow.flush()
    return found


async def put_availability(
    uow: UnitOfWork, instructor_id: UUID, location_id: UUID, hours: WorkingHours
) -> Availability:
    """What is booked outside of the new hours stays. Raises NotFound, Retired, Forbidden."""
    instructor = await held(uow, Instructor, instructor_id, "instructor")
    place = await place_of(uow, location_id)
    if instructor.organisation_id != place.organisation_id:
        raise NotFound("There is no location with this id.", field="location_id")
    instructor.require()
    found = await uow.session.scalar(
        select(Availability)
        .where(
            availability.c.instructor_id == instructor_id,
            availability.c.location_id == location_id,
        )
        .with_for_update()
    )
    if found is None:
        found = Availability(
            id=new_id(),
            organisation_id=instructor.organisation_id,
            instructor_id=instructor_id,
            location_id=location_id,
            hours=hours,
        )
        uow.add(found)
    found.hours = hours
    found.version += 1
    await uow.flush()
    return found


async def _require_parts(uow: UnitOfWork, made: Service) -> None:
    where = parts.Where(made.organisation_id, made.organisation_id)
    await parts.require_instructors(uow, where, made.instructor_ids)
    await _require_rooms(uow, made.organisation_id, made.room_ids)


async def _require_rooms(uow: UnitOfWork, organisation_id: UUID, ids: Sequence[UUID]) -> None:
    query = select(tables.room.c.id).where(
        tables.room.c.id.in_(ids), tables.room.c.organisation_id == organisation_id
    )
    if len((await uow.connection.execute(query)).all()) < len(set(ids)):
        raise NotFound("There is no room with this id.", field="room_ids")
