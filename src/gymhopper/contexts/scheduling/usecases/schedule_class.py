"""Put a class into the timetable."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.caps import EVERYBODY, Caps
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.queries.told import class_states
from gymhopper.contexts.scheduling.storage.occupation import occupy
from gymhopper.contexts.scheduling.usecases import parts
from gymhopper.contexts.scheduling.usecases.reach import place_of
from gymhopper.contexts.scheduling.usecases.start import Start
from gymhopper.contracts.scheduling.events import ClassScheduled
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.ids import new_id

FARTHEST = timedelta(days=3653)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClass:
    """A class of its own. `name` and `minutes` are its kind's unless they are given, `capacity` as
    many as its room has spots. `override_conflicts` takes rooms and instructors that are not free.
    """

    location_id: UUID
    class_type_id: UUID
    start: Start
    name: str | None = None
    minutes: int | None = None
    room_id: UUID | None = None
    instructor_ids: tuple[UUID, ...] = ()
    capacity: int | None = None
    caps: Caps = EVERYBODY
    override_conflicts: bool = False


async def schedule_class(uow: UnitOfWork, new: NewClass) -> Class:
    """It can be booked from now on. Raises NotFound, Retired, InvalidInput, Occupied, Forbidden."""
    place = await place_of(uow, new.location_id)
    where = parts.Where(place.organisation_id, new.location_id)
    kind = await parts.class_type_of(uow, where, new.class_type_id)
    room = await parts.room_of(uow, where, new.room_id)
    await parts.require_instructors(uow, where, new.instructor_ids)
    if place.status != "open":
        raise InvalidInput("This location is closed for good.", field="location_id")
    start = ahead(new.start.at(place.zone), uow.now)
    made = Class(
        id=new_id(),
        host_organisation_id=place.organisation_id,
        location_id=new.location_id,
        class_type_id=kind.id,
        schedule_id=None,
        on_date=None,
        name=new.name or kind.name,
        start_at=start,
        until_at=start + timedelta(minutes=new.minutes or kind.minutes),
        zone=place.zone,
        room_id=new.room_id,
        instructor_ids=new.instructor_ids,
        capacity=parts.places_in(room, new.capacity),
        caps=new.caps,
        created_at=uow.now,
    )
    await occupy(uow.connection, [made], override=new.override_conflicts)
    uow.add(made)
    [state] = await class_states(uow.connection, [made])
    uow.record(made, ClassScheduled(occurrence=state), organisation_id=made.host_organisation_id)
    await uow.flush()
    return made


def ahead(start: datetime, now: datetime) -> datetime:
    """The start. Raises InvalidInput when it is over, or too far away."""
    if start <= now:
        raise InvalidInput("A class begins after now.", field="start_at")
    if start > now + FARTHEST:
        raise InvalidInput("A class begins within ten years.", field="start_at")
    return start
