"""Take an authenticator app into use, once it has shown a right code."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.totp import Authenticator
from gymhopper.contexts.identity.storage.factor_seal import FactorSeal
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.renew_recovery_codes import replace_codes
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder
from gymhopper.kernel.errors import Conflict, InvalidInput, NotFound


async def confirm_totp(uow: UnitOfWork, account_id: UUID, code: str) -> tuple[str, ...]:
    """From now on a first factor is not enough; returns ten recovery codes, shown only here.

    Raises InvalidInput when the code is not right now, NotFound when no app is being set up, and
    Conflict when one is in use already.
    """
    account = await active_account(uow, account_id)
    app = await uow.session.get(Authenticator, account_id, with_for_update=True)
    if app is None:
        raise NotFound("No app is being set up.")
    if app.confirmed_at is not None:
        raise Conflict("An app is in use already.", code="totp_in_use")
    secret = FactorSeal(uow.runtime.secrets).open(account_id, app.sealed)
    if not app.accept(secret, code, uow.now):
        raise InvalidInput(
            "This is not the app's present code. Are the clocks right?",
            code="wrong_code",
            field="code",
        )
    app.confirmed_at = uow.now
    await tell_holder(uow, account, "second_factor_on")
    return await replace_codes(uow, account_id)
