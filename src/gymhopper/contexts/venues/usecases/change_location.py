"""Change what is said about a place."""

from uuid import UUID

from msgspec import UNSET

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.location import Location, LocationChange
from gymhopper.contexts.venues.queries import LocationView, location_view
from gymhopper.contexts.venues.storage.holding import hold_for_location
from gymhopper.contexts.venues.storage.inheritance import location_states
from gymhopper.contexts.venues.storage.references import require_calendar
from gymhopper.contracts.venues.events import LocationChanged


async def change_location(
    uow: UnitOfWork, location_id: UUID, change: LocationChange, expected: Expected = ANY
) -> LocationView:
    """Take the change over, and tell of it when there is a difference.

    Raises NotFound without the location or its new calendar, InvalidInput, VersionMismatch, and
    Forbidden at another place than the caller's.
    """
    await hold_for_location(uow.connection, location_id)
    location = await uow.get(Location, location_id)
    uow.subject.require_place(location_id=location.id, legal_entity_id=location.legal_entity_id)
    expected.require(location)
    if change.calendar_id is not UNSET:
        await require_calendar(
            uow, location.organisation_id, change.calendar_id, field="calendar_id"
        )
    [before] = await location_states(uow.connection, [location])
    location.change(change)
    [after] = await location_states(uow.connection, [location])
    # What only the location's own page shows makes a new version of it, too.
    if after != before or uow.session.is_modified(location):
        uow.record(
            location, LocationChanged(location=after), organisation_id=location.organisation_id
        )
    await uow.flush()
    return await location_view(uow.connection, location.id)
