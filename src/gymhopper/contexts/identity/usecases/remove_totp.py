"""Give up the authenticator app, and its recovery codes with it."""

from uuid import UUID

from sqlalchemy import delete

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.storage.factor_tables import authenticator, recovery_code
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account


async def remove_totp(uow: UnitOfWork, account_id: UUID) -> None:
    """From now on a first factor is enough again; nothing happens where there is no app."""
    await active_account(uow, account_id)
    for table in (authenticator, recovery_code):
        await uow.connection.execute(delete(table).where(table.c.account_id == account_id))
