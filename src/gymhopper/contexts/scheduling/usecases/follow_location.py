"""Take over what a location is."""

from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.storage.tables import place
from gymhopper.contracts.venues.events import LocationState


async def follow_location(uow: UnitOfWork, version: int, state: LocationState) -> None:
    """Absolute state under the location's own version: repeats and late arrivals change nothing."""
    row = {
        "organisation_id": state.organisation_id,
        "version": version,
        "zone": state.zone,
        "city": state.city,
        "latitude": state.latitude,
        "longitude": state.longitude,
        "state": state,
    }
    added = insert(place).values(location_id=state.location_id, **row)
    await uow.connection.execute(
        added.on_conflict_do_update(
            index_elements=[place.c.location_id], set_=row, where=place.c.version < version
        )
    )
