"""The second factor of a sign-in: a code."""

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.code_attempts import code_tries
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.usecases.complete_second_factor import (
    complete_second_factor,
    note_wrong_code,
    pending_sign_in,
)
from gymhopper.contexts.identity.usecases.count_attempts import count_attempt, take_back
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.know_device import is_known
from gymhopper.contexts.identity.usecases.note_failure import failed
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contexts.identity.usecases.prove_code import prove_code
from gymhopper.kernel.errors import Unauthenticated


class WrongCode(Unauthenticated):
    """The code is not right, or was used."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("This code is wrong, or was used already.")


async def prove_second_factor(
    uow: UnitOfWork, token: str, code: str, *, device: Device
) -> SignedIn | WrongCode:
    """Sign in with a code of the app, or a recovery code.

    A wrong code is an answer, not an exception: that it was tried must be kept. Raises
    SignInExpired when the first factor must be proved again, and TooManyAttempts, unseen, when too
    many codes were tried for the account.
    """
    pending = await pending_sign_in(uow, token)
    # Accounts are held before what belongs to them, here as elsewhere.
    await active_account(uow, pending.account_id)
    known = await is_known(uow, pending.account_id, device.id)
    tries = code_tries(pending.account_id, device.network, device.id if known else None)
    await count_attempt(uow, tries)
    method = await prove_code(uow, pending.account_id, code)
    if method is None:
        note_wrong_code(pending)
        uow.note_act(failed("second_factor", WrongCode.code, pending.account_id))
        return WrongCode()
    await take_back(uow, tries)
    return await complete_second_factor(uow, token, method=method, device=device)
