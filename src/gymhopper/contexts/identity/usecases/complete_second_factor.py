"""The second factor: finding what it completes, counting wrong tries, signing in."""

import hmac
from dataclasses import replace

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.opaque_token import PENDING, OpaqueToken
from gymhopper.contexts.identity.domain.pending import PendingSignIn
from gymhopper.contexts.identity.domain.session import Device, Method
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.open_session import SignedIn, open_session
from gymhopper.kernel.errors import Unauthenticated


class SignInExpired(Unauthenticated):
    """The first factor must be proved again."""

    code = "sign_in_expired"


async def pending_sign_in(uow: UnitOfWork, token: str) -> PendingSignIn:
    """The sign-in that the token stands for, its row held.

    Raises SignInExpired when it is unknown, used, five minutes old or was tried five times.
    """
    parsed = OpaqueToken.parse(PENDING, token)
    found = None
    if parsed is not None:
        found = await uow.session.get(
            PendingSignIn, parsed.id, with_for_update=True, populate_existing=True
        )
    if (
        parsed is None
        or found is None
        or not hmac.compare_digest(found.hash, parsed.hash())
        or not found.open_at(uow.now)
    ):
        raise SignInExpired("This took too long, or was tried too often: sign in again.")
    return found


def note_wrong_code(pending: PendingSignIn) -> None:
    """Count a wrong code. The edge commits this before it answers that the code was wrong."""
    pending.wrong_codes += 1


async def complete_second_factor(
    uow: UnitOfWork, token: str, *, method: Method, device: Device
) -> SignedIn:
    """Sign in after `method` was proved for the account of this pending sign-in.

    The session is of the kind that was asked for with the first factor.
    """
    pending = await pending_sign_in(uow, token)
    account = await active_account(uow, pending.account_id)
    pending.used_at = uow.now
    return await open_session(
        uow,
        account,
        methods=(pending.method, method),
        device=replace(device, client=pending.client),
    )
