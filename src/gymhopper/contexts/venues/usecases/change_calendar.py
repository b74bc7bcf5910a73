"""Open differently, everywhere that a calendar holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.location import Calendar, Location
from gymhopper.contexts.venues.queries import CalendarView, calendar_view
from gymhopper.contexts.venues.storage import tables
from gymhopper.contexts.venues.storage.holding import hold_for_calendar
from gymhopper.contexts.venues.storage.inheritance import heirs, location_states
from gymhopper.contracts.venues.events import DayHours, LocationChanged
from gymhopper.kernel.calendar import WeeklyHours


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCalendar:
    """All that the calendar says from now on."""

    calendar_id: UUID
    weekly: WeeklyHours | None
    exceptions: tuple[DayHours, ...]


async def change_calendar(
    uow: UnitOfWork, command: ChangeCalendar, expected: Expected = ANY
) -> CalendarView:
    """Change it, and tell of every location whose times are different now.

    Raises NotFound without the calendar, InvalidInput for dates or times that cannot be,
    VersionMismatch, and Forbidden for callers who are limited to a place.
    """
    await hold_for_calendar(uow.connection, command.calendar_id)
    calendar = await uow.get(Calendar, command.calendar_id)
    # Many places may share it: whoever is limited to one of them leaves it as it is.
    uow.subject.require_place()
    expected.require(calendar)
    locations = await _listening(uow, calendar)
    before = await location_states(uow.connection, locations)
    calendar.change(command.weekly, command.exceptions)
    calendar.version += 1
    await uow.flush()
    for location, old, new in zip(
        locations, before, await location_states(uow.connection, locations), strict=True
    ):
        if new != old:
            uow.record(
                location, LocationChanged(location=new), organisation_id=location.organisation_id
            )
    return await calendar_view(uow.connection, calendar.id)


async def _listening(uow: UnitOfWork, calendar: Calendar) -> Sequence[Location]:
    query = (
        select(Location)
        .where(tables.location.c.calendar_id.in_(await heirs(uow.connection, calendar.id)))
        .order_by(tables.location.c.id)
        .with_for_update()
    )
    return (await uow.session.scalars(query)).all()
