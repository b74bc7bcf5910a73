"""Make classes different, with all that follows: who and what is where, bookings, events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.rules import BookingRules
from gymhopper.contexts.scheduling.queries.live_bookings import live_bookings
from gymhopper.contexts.scheduling.queries.told import class_states, rules_of
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.storage.occupation import occupy, vacate
from gymhopper.contexts.scheduling.usecases.alarms import have_filled, move_alarms
from gymhopper.contracts.scheduling.events import BookingMoved, ClassChanged
from gymhopper.contracts.scheduling.state import ClassState

_TIME = ("start_at", "until_at")
_PLACE = (*_TIME, "room_id", "instructor_ids")


@dataclass(frozen=True, slots=True)
class Rework:
    """A class, whose row is held, and what is to be different about it, by field."""

    class_: Class
    values: Mapping[str, Any]

    def touches(self, *names: str) -> bool:
        """Whether one of these is different afterwards."""
        return any(
            name in self.values and getattr(self.class_, name) != self.values[name]
            for name in names
        )


async def rework(
    uow: UnitOfWork, works: Sequence[Rework], *, override: bool
) -> tuple[list[Class], int]:
    """Those that are different now, and how many bookings were moved. Raises Occupied.

    Bookings stay, also where there are fewer places than bookings afterwards: then nobody comes
    up from the line.
    """
    works = [each for each in works if each.touches(*each.values)]
    classes = [each.class_ for each in works]
    befores = await class_states(uow.connection, classes)
    elsewhere = [each.class_ for each in works if each.touches(*_PLACE)]
    moved = [each.class_ for each in works if each.touches(*_TIME, "room_id")]
    delays = {
        each.class_.id: each.values.get("start_at", each.class_.start_at) - each.class_.start_at
        for each in works
    }
    for each in works:
        for name, value in each.values.items():
            setattr(each.class_, name, value)
        each.class_.__post_init__()
    if elsewhere:
        await vacate(uow.connection, [each.id for each in elsewhere])
        await occupy(uow.connection, elsewhere, override=override)
    states = await class_states(uow.connection, classes)
    for class_, before, after in zip(classes, befores, states, strict=True):
        if before == after:
            class_.version += 1
        else:
            changed = ClassChanged(occurrence=after, before=before)
            uow.record(class_, changed, organisation_id=class_.host_organisation_id)
    count = 0
    if moved:
        rules = await rules_of(uow.connection, moved)
        bookings = await live_bookings(uow.session, [each.id for each in moved])
        spots = await _spots(uow, moved)
        now = {each.class_id: each for each in states}
        for class_ in moved:
            for booking in bookings[class_.id]:
                delay = delays[class_.id]
                booking.start_at, booking.until_at = class_.start_at, class_.until_at
                booking.free_until += delay
                if booking.wait_until is not None:
                    booking.wait_until += delay
                if booking.spot not in spots[class_.id]:
                    booking.spot = None
                _tell(uow, booking, now[class_.id], rules[class_.id])
                count += 1
            await move_alarms(uow, class_, rules[class_.id])
    for each in works:
        await have_filled(uow, each.class_)
    await uow.flush()
    return classes, count


async def _spots(uow: UnitOfWork, classes: Sequence[Class]) -> dict[Any, set[str]]:
    """The names of the spots that there are for each class."""
    rooms = {each.room_id for each in classes if each.room_id is not None}
    query = select(tables.room.c.id, tables.room.c.spots).where(tables.room.c.id.in_(rooms))
    known = {
        row.id: {each.name for each in row.spots} for row in await uow.connection.execute(query)
    }
    return {each.id: known.get(each.room_id, set()) for each in classes}


def _tell(uow: UnitOfWork, booking: Booking, state: ClassState, rules: BookingRules) -> None:
    moved = BookingMoved(booking=booking.state(state, rules))
    uow.record(booking, moved, organisation_id=booking.host_organisation_id)
