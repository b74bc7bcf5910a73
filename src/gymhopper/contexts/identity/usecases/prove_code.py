"""Check a code of an app, or one of the recovery codes; a right one is used up."""

from uuid import UUID

from sqlalchemy import update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.recovery import normal_form
from gymhopper.contexts.identity.domain.session import Method
from gymhopper.contexts.identity.domain.totp import Authenticator
from gymhopper.contexts.identity.storage.factor_seal import FactorSeal
from gymhopper.contexts.identity.storage.factor_tables import recovery_code


async def prove_code(uow: UnitOfWork, account_id: UUID, code: str) -> Method | None:
    """By which method the code proves that the account is meant; None when it does not.

    The app's row is held, so that of two tries with one code at once, one is too late.
    """
    seal = FactorSeal(uow.runtime.secrets)
    app = await uow.session.get(
        Authenticator, account_id, with_for_update=True, populate_existing=True
    )
    if app is None or app.confirmed_at is None:
        return None
    if app.accept(seal.open(account_id, app.sealed), code.strip(), uow.now):
        return "totp"
    plain = normal_form(code)
    if plain is None:
        return None
    used = await uow.connection.execute(
        update(recovery_code)
        .where(
            recovery_code.c.account_id == account_id,
            recovery_code.c.index == seal.recovery(account_id, plain),
            recovery_code.c.used_at.is_(None),
        )
        .values(used_at=uow.now)
        .returning(recovery_code.c.index)
    )
    return "recovery_code" if used.first() is not None else None
