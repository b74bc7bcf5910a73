"""Stop looking through a member's eyes."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.impersonation import Impersonation
from gymhopper.contexts.identity.storage.acting_tables import impersonation as table
from gymhopper.contexts.identity.storage.tables import session
from gymhopper.contracts.identity.events import ImpersonationEnded

UNTIL_REACHED = "identity.impersonation_until_reached"


async def end_impersonation_of(uow: UnitOfWork, session_id: UUID) -> bool:
    """End the session's impersonation; False when there is none.

    Holds the session, so that what it acts for changes one after the other.
    """
    await uow.connection.execute(
        select(session.c.id).where(session.c.id == session_id).with_for_update()
    )
    query = (
        select(Impersonation)
        .where(table.c.session_id == session_id, table.c.ended_at.is_(None))
        .with_for_update()
    )
    found = await uow.session.scalar(query)
    if found is None:
        return False
    await _end(uow, found)
    return True


async def end_impersonation(uow: UnitOfWork, impersonation_id: UUID) -> None:
    """End this one; when it has ended nothing changes."""
    await _end(uow, await uow.get(Impersonation, impersonation_id))


async def _end(uow: UnitOfWork, impersonation: Impersonation) -> None:
    if not impersonation.end(uow.now) or impersonation.ended_at is None:
        return
    await uow.unschedule(UNTIL_REACHED, str(impersonation.id))
    ended = ImpersonationEnded(
        impersonation_id=impersonation.id,
        organisation_id=impersonation.organisation_id,
        member_id=impersonation.member_id,
        person_id=impersonation.person_id,
        ended_at=impersonation.ended_at,
    )
    uow.record(impersonation, ended, organisation_id=impersonation.organisation_id)
