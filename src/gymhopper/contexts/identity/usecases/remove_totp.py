"""Give up the authenticator app, and its recovery codes with it."""

from uuid import UUID

from sqlalchemy import delete

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.storage.factor_tables import authenticator, recovery_code
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.second_factors import second_factors
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder


async def remove_totp(uow: UnitOfWork, account_id: UUID) -> None:
    """From now on a first factor is enough again; nothing happens where there is no app."""
    account = await active_account(uow, account_id)
    if await second_factors(uow, account_id):
        await tell_holder(uow, account, "second_factor_off")
    for table in (authenticator, recovery_code):
        await uow.connection.execute(delete(table).where(table.c.account_id == account_id))
