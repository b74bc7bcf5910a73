"""Remember that a key or a session is in use."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.queries.sessions import any_of
from gymhopper.contexts.identity.storage.tables import api_key, session


async def note_use(uow: UnitOfWork, key_id: UUID) -> None:
    """Store the present instant as the key's last use."""
    await uow.connection.execute(
        update(api_key).where(api_key.c.id == key_id).values(last_used_at=uow.now)
    )


async def note_seen(uow: UnitOfWork, session_ids: Sequence[UUID]) -> None:
    """Store the present instant as the sessions' last use.

    One that another transaction has locked is left out: it is noted there, ends, or is noted at the
    next look; and those who note many never wait for each other.
    """
    free = select(session.c.id).where(session.c.id == any_of(session_ids))
    await uow.connection.execute(
        update(session)
        .where(session.c.id.in_(free.with_for_update(skip_locked=True)))
        .values(last_seen_at=uow.now)
    )
