"""Bring the classes of a schedule that are still ahead to what the schedule says."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.schedule import Schedule
from gymhopper.contexts.scheduling.queries.told import class_states
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.storage.occupation import vacate
from gymhopper.contexts.scheduling.usecases.cancel_class import cancel_class
from gymhopper.contexts.scheduling.usecases.generate import ahead, generate
from gymhopper.contexts.scheduling.usecases.reach import place_of
from gymhopper.contexts.scheduling.usecases.rework_classes import Rework, rework
from gymhopper.contracts.scheduling.events import ClassCancelled

_PLAIN = ("name", "room_id", "instructor_ids", "capacity", "caps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """How many classes are different now, were made, cancelled because somebody had booked them
    once, or taken away because nobody ever had; and how many bookings were moved or cancelled."""

    changed: int
    made: int
    cancelled: int
    removed: int
    bookings: int


async def align(uow: UnitOfWork, schedule: Schedule, *, override: bool) -> Aligned:
    """A class keeps its bookings where its date stays; what was changed for it alone stays, too.

    Raises Occupied.
    """
    place = await place_of(uow, schedule.location_id)
    days = set(ahead(uow, schedule, place))
    stay: list[Class] = []
    go: list[Class] = []
    for each in await _still_ahead(uow, schedule):
        (stay if each.on_date in days else go).append(each)
    cancelled, bookings = 0, 0
    unused = [each for each in go if each.last_number == 0]
    for each in go:
        if each.last_number:
            bookings += await cancel_class(uow, each, "schedule")
            cancelled += 1
    await _remove(uow, unused)
    works = [Rework(each, _values(schedule, each)) for each in stay]
    works = [each for each in works if each.values["start_at"] > uow.now]
    changed, moved = await rework(uow, works, override=override)
    made = await generate(uow, schedule, override=override)
    return Aligned(
        changed=len(changed),
        made=made,
        cancelled=cancelled,
        removed=len(unused),
        bookings=bookings + moved,
    )


async def _still_ahead(uow: UnitOfWork, schedule: Schedule) -> list[Class]:
    table = tables.class_.c
    query = (
        select(Class)
        .where(
            table.schedule_id == schedule.id,
            table.start_at > uow.now,
            table.status == "scheduled",
        )
        .order_by(table.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await uow.session.scalars(query)).all())


def _values(schedule: Schedule, of: Class) -> dict[str, Any]:
    """What the schedule says of the class, but for what was changed for it alone."""
    day = of.on_date
    assert isinstance(day, date)  # noqa: S101 - a schedule's classes have one
    start, until = schedule.occurrence(day)
    length = until - start
    if "start" in of.edited:
        start = of.start_at
    if "minutes" in of.edited:
        length = of.until_at - of.start_at
    said = {name: getattr(schedule, name) for name in _PLAIN if name not in of.edited}
    return said | {"start_at": start, "until_at": start + length}


async def _remove(uow: UnitOfWork, classes: list[Class]) -> None:
    """Classes that nobody ever booked leave the timetable without a trace but their events."""
    if not classes:
        return
    await vacate(uow.connection, [each.id for each in classes])
    for each in classes:
        each.cancel("schedule")
    states = await class_states(uow.connection, classes)
    for each, state in zip(classes, states, strict=True):
        cancelled = ClassCancelled(occurrence=state, cause="schedule")
        uow.record(each, cancelled, organisation_id=each.host_organisation_id)
        await uow.session.delete(each)
    await uow.flush()
