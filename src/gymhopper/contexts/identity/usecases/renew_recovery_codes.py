"""Make recovery codes, in place of all that were made before."""

from uuid import UUID

from sqlalchemy import delete, insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.recovery import new_codes, normal_form
from gymhopper.contexts.identity.storage.factor_seal import FactorSeal
from gymhopper.contexts.identity.storage.factor_tables import recovery_code
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.second_factors import second_factors
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder
from gymhopper.kernel.errors import NotFound


async def renew_recovery_codes(uow: UnitOfWork, account_id: UUID) -> tuple[str, ...]:
    """Ten new codes, which nobody is shown again; NotFound when there is no app to recover."""
    account = await active_account(uow, account_id)
    if not await second_factors(uow, account_id):
        raise NotFound("There is no app for which codes would be needed.")
    await tell_holder(uow, account, "recovery_codes_renewed")
    return await replace_codes(uow, account_id)


async def replace_codes(uow: UnitOfWork, account_id: UUID) -> tuple[str, ...]:
    """Put ten new codes in the place of the account's old ones."""
    seal = FactorSeal(uow.runtime.secrets)
    codes = new_codes()
    await uow.connection.execute(
        delete(recovery_code).where(recovery_code.c.account_id == account_id)
    )
    await uow.connection.execute(
        insert(recovery_code),
        [
            {
                "account_id": account_id,
                "index": seal.recovery(account_id, normal_form(code) or ""),
                "created_at": uow.now,
            }
            for code in codes
        ],
    )
    return codes
