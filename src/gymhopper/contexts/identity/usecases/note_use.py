"""Remember that a key or a session is in use."""

from uuid import UUID

from sqlalchemy import update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.storage.tables import api_key, session


async def note_use(uow: UnitOfWork, key_id: UUID) -> None:
    """Store the present instant as the key's last use."""
    await uow.connection.execute(
        update(api_key).where(api_key.c.id == key_id).values(last_used_at=uow.now)
    )


async def note_seen(uow: UnitOfWork, session_id: UUID) -> None:
    """Store the present instant as the session's last use."""
    await uow.connection.execute(
        update(session).where(session.c.id == session_id).values(last_seen_at=uow.now)
    )
