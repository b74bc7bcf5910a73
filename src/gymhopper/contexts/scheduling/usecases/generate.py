"""Make the classes of a schedule, so far ahead as there are to be any."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.jobs import Deferred
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.schedule import Schedule, closed_days
from gymhopper.contexts.scheduling.queries.told import class_states
from gymhopper.contexts.scheduling.settings import SchedulingSettings
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.storage.occupation import occupy
from gymhopper.contracts.scheduling.events import ClassScheduled
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.ids import new_id

GENERATE = "scheduling.generate"

AT_ONCE = 500
"""Classes in one statement."""

SCHEDULES_AT_ONCE = 50
"""Schedules in one job."""


async def generate(uow: UnitOfWork, schedule: Schedule, *, override: bool = True) -> int:
    """Make what is missing of a schedule, whose row is held; how many classes that were.

    Raises Occupied, unless rooms and instructors are taken all the same: when a series goes on,
    what came in between was put there knowing of it.
    """
    until = horizon(uow, schedule.zone)
    schedule.generated_until = max(schedule.generated_until, until)
    return await make_missing(uow, schedule, override=override)


def horizon(uow: UnitOfWork, zone: str) -> date:
    """The first date for which there need not be classes yet."""
    return local_date(uow.now, zone) + timedelta(days=SchedulingSettings().days_ahead)


async def make_missing(uow: UnitOfWork, schedule: Schedule, *, override: bool) -> int:
    """Classes on each date before `generated_until` that ought to have one and never had."""
    place = await _place(uow, schedule.location_id)
    if place.status != "open":
        return 0
    table = tables.class_.c
    known = await uow.connection.execute(
        select(table.on_date).where(table.schedule_id == schedule.id)
    )
    wanted = set(ahead(uow, schedule, place)) - set(known.scalars())
    made = list(_classes(uow, schedule, sorted(wanted)))
    for start in range(0, len(made), AT_ONCE):
        await _add(uow, made[start : start + AT_ONCE], override=override)
    return len(made)


def ahead(uow: UnitOfWork, schedule: Schedule, place: LocationState) -> list[date]:
    """The dates before `generated_until` on which there is a class that has not begun."""
    today = local_date(uow.now, schedule.zone)
    days = schedule.dates(today, schedule.generated_until, closed_days(place))
    return [day for day in days if day > today or schedule.occurrence(day)[0] > uow.now]


async def defer_generation(uow: UnitOfWork) -> int:
    """Have every schedule gone on with that does not reach far enough; how many jobs that are."""
    table = tables.schedule.c
    # No zone is more than a day ahead of UTC.
    until = uow.now.date() + timedelta(days=SchedulingSettings().days_ahead + 1)
    found = await uow.connection.execute(
        select(table.id)
        .where(
            table.generated_until < until,
            or_(table.ends_before.is_(None), table.ends_before > table.generated_until),
        )
        .order_by(table.location_id, table.id)
    )
    ids = [str(each) for each in found.scalars()]
    several = [
        Deferred(
            lock=None,
            arguments={"schedule_ids": ids[start : start + SCHEDULES_AT_ONCE]},
            correlation=correlation_id(),
        )
        for start in range(0, len(ids), SCHEDULES_AT_ONCE)
    ]
    await uow.defer_many(GENERATE, several)
    return len(several)


async def generate_all(uow: UnitOfWork, schedule_ids: Iterable[UUID]) -> None:
    """Go on with these schedules, in the order of their ids."""
    query = (
        select(Schedule)
        .where(tables.schedule.c.id.in_(list(schedule_ids)))
        .order_by(tables.schedule.c.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for each in (await uow.session.scalars(query)).all():
        await generate(uow, each)


def _classes(uow: UnitOfWork, schedule: Schedule, days: Iterable[date]) -> Iterable[Class]:
    for day in days:
        start, until = schedule.occurrence(day)
        yield Class(
            id=new_id(),
            host_organisation_id=schedule.organisation_id,
            location_id=schedule.location_id,
            class_type_id=schedule.class_type_id,
            schedule_id=schedule.id,
            on_date=day,
            name=schedule.name,
            start_at=start,
            until_at=until,
            zone=schedule.zone,
            room_id=schedule.room_id,
            instructor_ids=schedule.instructor_ids,
            capacity=schedule.capacity,
            caps=schedule.caps,
            created_at=uow.now,
        )


async def _add(uow: UnitOfWork, classes: list[Class], *, override: bool) -> None:
    await occupy(uow.connection, classes, override=override)
    states = await class_states(uow.connection, classes)
    for each, state in zip(classes, states, strict=True):
        uow.add(each)
        scheduled = ClassScheduled(occurrence=state)
        uow.record(each, scheduled, organisation_id=each.host_organisation_id)
    await uow.flush()


async def _place(uow: UnitOfWork, location_id: UUID) -> LocationState:
    query = select(tables.place.c.state).where(tables.place.c.location_id == location_id)
    found: LocationState = (await uow.connection.execute(query)).scalar_one()
    return found
