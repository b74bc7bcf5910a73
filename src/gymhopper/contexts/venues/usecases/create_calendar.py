"""Make a calendar that places can share."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.location import Calendar
from gymhopper.contexts.venues.domain.organisation import Organisation
from gymhopper.contexts.venues.queries import CalendarView, calendar_view
from gymhopper.contexts.venues.storage.references import require_calendar
from gymhopper.contracts.venues.events import DayHours
from gymhopper.kernel.calendar import WeeklyHours
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCalendar:
    """`parent_id` names the calendar whose times hold where this one says nothing."""

    organisation_id: UUID
    name: str
    parent_id: UUID | None = None
    weekly: WeeklyHours | None = None
    exceptions: tuple[DayHours, ...] = ()


async def create_calendar(uow: UnitOfWork, command: CreateCalendar) -> CalendarView:
    """Create it; NotFound without the organisation or the parent, InvalidInput, Forbidden.

    A calendar never changes its parent, so inheritance cannot run in a circle.
    """
    await uow.get(Organisation, command.organisation_id)
    uow.subject.require_place()
    await require_calendar(uow, command.organisation_id, command.parent_id, field="parent_id")
    calendar = Calendar(
        id=new_id(),
        organisation_id=command.organisation_id,
        parent_id=command.parent_id,
        name=command.name,
        weekly=command.weekly,
        exceptions=command.exceptions,
        version=1,
    )
    uow.add(calendar)
    await uow.flush()
    return await calendar_view(uow.connection, calendar.id)
