"""Add a place to an organisation."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.location import Location
from gymhopper.contexts.venues.domain.organisation import Address, Organisation
from gymhopper.contexts.venues.queries import LocationView, location_view
from gymhopper.contexts.venues.storage.inheritance import location_states
from gymhopper.contexts.venues.storage.references import (
    require_calendar,
    require_legal_entity,
    unique_external_ref,
)
from gymhopper.contracts.venues.events import DayHours, LocationOpened
from gymhopper.kernel.calendar import WeeklyHours
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLocation:
    """Coordinates are degrees (WGS 84); `weekly` None leaves the week to the calendar, and
    `staffed_weekly` None that of the staff to the opening times."""

    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    zone: str
    country: str
    city: str
    address: Address | None = None
    tier: int
    latitude: float
    longitude: float
    calendar_id: UUID | None = None
    weekly: WeeklyHours | None = None
    exceptions: tuple[DayHours, ...] = ()
    rollover_hour: int | None = None
    staffed_weekly: WeeklyHours | None = None
    staffed_exceptions: tuple[DayHours, ...] = ()
    external_ref: str | None = None


async def open_location(uow: UnitOfWork, command: OpenLocation) -> LocationView:
    """Open it; NotFound without what it names, InvalidInput, ExternalRefTaken, Forbidden."""
    await uow.get(Organisation, command.organisation_id)
    await require_legal_entity(uow, command.organisation_id, command.legal_entity_id)
    await require_calendar(uow, command.organisation_id, command.calendar_id, field="calendar_id")
    uow.subject.require_place(legal_entity_id=command.legal_entity_id)
    location = Location(
        id=new_id(),
        organisation_id=command.organisation_id,
        legal_entity_id=command.legal_entity_id,
        name=command.name,
        zone=command.zone,
        country=command.country,
        city=command.city,
        address=command.address,
        tier=command.tier,
        latitude=command.latitude,
        longitude=command.longitude,
        calendar_id=command.calendar_id,
        weekly=command.weekly,
        exceptions=command.exceptions,
        rollover_hour=command.rollover_hour,
        staffed_weekly=command.staffed_weekly,
        staffed_exceptions=command.staffed_exceptions,
        status="open",
        external_ref=command.external_ref,
        created_at=uow.now,
    )
    [state] = await location_states(uow.connection, [location])
    async with unique_external_ref(uow):
        uow.add(location)
        uow.record(
            location, LocationOpened(location=state), organisation_id=location.organisation_id
        )
    return await location_view(uow.connection, location.id)
