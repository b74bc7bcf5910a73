"""Remember that a key is in use."""

from uuid import UUID

from sqlalchemy import update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.storage.tables import api_key


async def note_use(uow: UnitOfWork, key_id: UUID) -> None:
    """Store the present instant as the key's last use."""
    await uow.connection.execute(
        update(api_key).where(api_key.c.id == key_id).values(last_used_at=uow.now)
    )
