"""A location is closed on other days than before, or for good: classes and appointments follow."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, cast, func, select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.occurrence import Cause, Class
from gymhopper.contexts.scheduling.domain.schedule import Schedule, closed_days
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.cancel_class import cancel_class
from gymhopper.contexts.scheduling.usecases.end_appointments import call_off_appointments
from gymhopper.contexts.scheduling.usecases.generate import make_missing
from gymhopper.contracts.venues.events import LocationState

PLACE = "scheduling.place"

_AT_ONCE = 100
"""Classes in one transaction: whoever books one of them waits for all of these."""


async def have_followed(uow: UnitOfWork, before: LocationState, after: LocationState) -> None:
    """Have classes follow what is different about a location's days, if anything is."""
    was, now = closed_days(before), closed_days(after)
    closed = after.status == "closed" != before.status
    if was == now and not closed:
        return
    await uow.defer(
        PLACE,
        lock=str(after.location_id),
        location_id=str(after.location_id),
        newly_closed=sorted(str(each) for each in now - was),
    )


async def follow_closing(runtime: Runtime, location_id: UUID, newly_closed: Sequence[date]) -> int:
    """Cancel the classes on days that are closed now, but for those of schedules that go on then,
    and the appointments; all that are ahead, when it is for good. Days that are open again get
    their series' classes.

    Returns how many classes were cancelled.
    """
    cancelled, found = 0, _AT_ONCE
    while found == _AT_ONCE:
        async with runtime.begin(SERVICE) as uow:
            found = await _cancel_some(uow, location_id, newly_closed)
        cancelled += found
    await call_off_appointments(runtime, location_id, newly_closed)
    # Whoever changes a series holds it before its classes: not in one transaction with the above.
    async with runtime.begin(SERVICE) as uow:
        await _reopen(uow, location_id)
    return cancelled


async def _cancel_some(uow: UnitOfWork, location_id: UUID, newly_closed: Sequence[date]) -> int:
    place = await _place(uow, location_id)
    shut = place.status == "closed"
    still = closed_days(place) & set(newly_closed)
    found = await _concerned(uow, location_id, None if shut else still)
    cause: Cause = "gym" if shut else "holiday"
    for each in found:
        await cancel_class(uow, each, cause)
    return len(found)


async def _concerned(
    uow: UnitOfWork, location_id: UUID, days: frozenset[date] | None
) -> Sequence[Class]:
    """Classes ahead on these days, or on all; held."""
    table, series = tables.class_, tables.schedule.c
    wanted: ColumnElement[bool] = and_(
        table.c.location_id == location_id,
        table.c.start_at > uow.now,
        table.c.status == "scheduled",
    )
    if days is not None:
        if not days:
            return ()
        on = select(series.id).where(series.location_id == location_id, series.on_holidays)
        wanted = and_(
            wanted,
            cast(func.timezone(table.c.zone, table.c.start_at), Date).in_(days),
            table.c.schedule_id.is_(None) | table.c.schedule_id.not_in(on),
        )
    query = (
        select(Class)
        .where(wanted)
        .order_by(table.c.id)
        .limit(_AT_ONCE)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await uow.session.scalars(query)).all()


async def _reopen(uow: UnitOfWork, location_id: UUID) -> None:
    """Days that were skipped while they were closed get their classes."""
    query = (
        select(Schedule)
        .where(tables.schedule.c.location_id == location_id)
        .order_by(tables.schedule.c.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for each in (await uow.session.scalars(query)).all():
        await make_missing(uow, each, override=True)


async def _place(uow: UnitOfWork, location_id: UUID) -> LocationState:
    query = select(tables.place.c.state).where(tables.place.c.location_id == location_id)
    found: LocationState = (await uow.connection.execute(query)).scalar_one()
    return found
