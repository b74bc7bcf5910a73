"""Ids of other systems are unique, and what a row names belongs to its organisation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg.errors
from sqlalchemy.exc import IntegrityError

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.location import Calendar
from gymhopper.contexts.venues.domain.organisation import LegalEntity
from gymhopper.kernel.errors import Conflict, NotFound


class ExternalRefTaken(Conflict):
    """Something else of this kind already came from that id of the other system."""

    code = "external_ref_taken"


@asynccontextmanager
async def unique_external_ref(uow: UnitOfWork) -> AsyncIterator[None]:
    """Write what the block adds; ExternalRefTaken when its external id is not new."""
    try:
        yield
        await uow.flush()
    except IntegrityError as error:
        cause = error.orig
        if isinstance(cause, psycopg.errors.UniqueViolation):
            raise ExternalRefTaken("This external_ref is taken.", field="external_ref") from error
        raise


async def require_legal_entity(
    uow: UnitOfWork, organisation_id: UUID, legal_entity_id: UUID
) -> None:
    """NotFound unless the organisation has this legal entity."""
    found = await uow.session.get(LegalEntity, legal_entity_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound("There is no legal entity with this id.", field="legal_entity_id")


async def require_calendar(
    uow: UnitOfWork, organisation_id: UUID, calendar_id: UUID | None, *, field: str
) -> None:
    """NotFound unless the organisation has this calendar; None asks for none."""
    if calendar_id is None:
        return
    found = await uow.session.get(Calendar, calendar_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound("There is no calendar with this id.", field=field)
