"""Take over what a location is."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.storage.tables import place
from gymhopper.contexts.scheduling.usecases.follow_closing import have_followed
from gymhopper.contracts.venues.events import LocationState


async def follow_location(uow: UnitOfWork, version: int, state: LocationState) -> None:
    """Absolute state under the location's own version: repeats and late arrivals change nothing."""
    before = await uow.connection.execute(
        select(place.c.version, place.c.state)
        .where(place.c.location_id == state.location_id)
        .with_for_update()
    )
    known = before.one_or_none()
    if known is not None and known.version >= version:
        return
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
    if known is not None:
        await have_followed(uow, known.state, state)
