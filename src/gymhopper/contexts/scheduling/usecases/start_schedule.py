"""Begin a series of classes."""

from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.caps import EVERYBODY, Caps
from gymhopper.contexts.scheduling.domain.schedule import Schedule
from gymhopper.contexts.scheduling.usecases import parts
from gymhopper.contexts.scheduling.usecases.generate import generate
from gymhopper.contexts.scheduling.usecases.reach import place_of
from gymhopper.contexts.scheduling.usecases.schedule_class import FARTHEST
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A series; see `Schedule` for the fields, and `NewClass` for those that may be left out."""

    location_id: UUID
    class_type_id: UUID
    rule: str
    start_time: time
    starts_on: date | None = None
    ends_before: date | None = None
    name: str | None = None
    minutes: int | None = None
    room_id: UUID | None = None
    instructor_ids: tuple[UUID, ...] = ()
    capacity: int | None = None
    caps: Caps = EVERYBODY
    except_on: tuple[date, ...] = ()
    on_holidays: bool = False
    override_conflicts: bool = False


async def start_schedule(uow: UnitOfWork, new: NewSchedule) -> tuple[Schedule, int]:
    """The schedule, and how many classes were made of it at once; more follow day by day.

    Raises NotFound, Retired, InvalidInput, Occupied, Forbidden.
    """
    place = await place_of(uow, new.location_id)
    where = parts.Where(place.organisation_id, new.location_id)
    kind = await parts.class_type_of(uow, where, new.class_type_id)
    room = await parts.room_of(uow, where, new.room_id)
    await parts.require_instructors(uow, where, new.instructor_ids)
    if place.status != "open":
        raise InvalidInput("This location is closed for good.", field="location_id")
    today = local_date(uow.now, place.zone)
    starts_on = new.starts_on or today
    if abs(starts_on - today) > FARTHEST:
        raise InvalidInput("A series starts within ten years.", field="starts_on")
    if new.ends_before is not None and new.ends_before <= starts_on:
        raise InvalidInput("It ends after the day on which it starts.", field="ends_before")
    made = Schedule(
        id=new_id(),
        organisation_id=place.organisation_id,
        location_id=new.location_id,
        class_type_id=kind.id,
        room_id=new.room_id,
        name=new.name or kind.name,
        rule=new.rule,
        zone=place.zone,
        starts_on=starts_on,
        ends_before=new.ends_before,
        start_time=new.start_time,
        minutes=new.minutes or kind.minutes,
        capacity=parts.places_in(room, new.capacity),
        caps=new.caps,
        instructor_ids=new.instructor_ids,
        except_on=new.except_on,
        on_holidays=new.on_holidays,
        generated_until=starts_on,
        created_at=uow.now,
        version=1,
    )
    made.check()
    uow.add(made)
    await uow.flush()
    count = await generate(uow, made, override=new.override_conflicts)
    await uow.flush()
    return made, count
