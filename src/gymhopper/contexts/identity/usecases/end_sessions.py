"""Sign out: here, on another device, or everywhere."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.session import Session
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.storage.tables import session as table
from gymhopper.kernel.errors import NotFound


async def end_session(uow: UnitOfWork, session_id: UUID, *, account_id: UUID, because: str) -> None:
    """End one of the account's sessions; NotFound when it has none with this id."""
    session = await uow.session.get(
        Session, session_id, with_for_update=True, populate_existing=True
    )
    if session is None or session.account_id != account_id:
        raise NotFound("There is no session with this id.")
    session.end(uow.now, because)
    memory(uow.runtime).forget(session_id)


async def end_sessions(
    uow: UnitOfWork, account_id: UUID, *, because: str, but: UUID | None = None
) -> None:
    """End all of the account's sessions that live, but one."""
    query = (
        select(Session)
        .where(table.c.account_id == account_id, table.c.ended_at.is_(None))
        .order_by(table.c.id)
        .with_for_update()
    )
    found = [each for each in await uow.session.scalars(query) if each.id != but]
    for each in found:
        each.end(uow.now, because)
    memory(uow.runtime).forget(*(each.id for each in found))
