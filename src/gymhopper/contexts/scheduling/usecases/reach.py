"""What a caller may change: what is its organisation's, at the places that it works at.

Everybody may read the timetable, so that seeing a row does not mean that it is the caller's.
"""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.storage.tables import place
from gymhopper.contracts.scheduling.state import ClassState
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.errors import NotFound

T = TypeVar("T")


def acts_for(caller: AuthSubject, organisation_id: UUID) -> bool:
    """Whether the organisation is one of the caller's."""
    return (
        caller.everywhere
        or caller.organisation_id == organisation_id
        or organisation_id in caller.within
    )


async def held(uow: UnitOfWork, kind: type[T], key: UUID, what: str) -> T:
    """Load it and hold its row; NotFound when it is not one that the caller may change."""
    found = await uow.session.get(kind, key, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"There is no {what} with this id.")
    return found


async def require_host(connection: AsyncConnection, caller: AuthSubject, state: ClassState) -> None:
    """Raises NotFound when the class is not the caller's organisation's, Forbidden when it is not
    at one of the places that the caller works at."""
    if not acts_for(caller, state.host_organisation_id) or caller.person_id is not None:
        raise NotFound("There is no class with this id.")
    await require_location(connection, caller, state.location_id)


async def require_location(
    connection: AsyncConnection, caller: AuthSubject, location_id: UUID
) -> None:
    """Raises Forbidden when the caller works at other places only."""
    query = select(place.c.state).where(place.c.location_id == location_id)
    at: LocationState = (await connection.execute(query)).scalar_one()
    caller.require_place(location_id=location_id, legal_entity_id=at.legal_entity_id)


async def place_of(uow: UnitOfWork, location_id: UUID) -> LocationState:
    """The location; NotFound when it is not the organisation's, Forbidden when it is not one of
    those that the caller works at."""
    query = select(place.c.state).where(place.c.location_id == location_id)
    state: LocationState | None = (await uow.connection.execute(query)).scalar_one_or_none()
    if state is None or not acts_for(uow.subject, state.organisation_id):
        raise NotFound("There is no location with this id.", field="location_id")
    uow.subject.require_place(location_id=location_id, legal_entity_id=state.legal_entity_id)
    return state
