"""Sign in with an address and its password."""

from gymhopper.chassis.auth import ANONYMOUS, SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.attempts import password_tries
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.gateways.hashing import passwords
from gymhopper.contexts.identity.queries import accounts as queries
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_subject
from gymhopper.contexts.identity.usecases.count_attempts import count_attempt, take_back
from gymhopper.contexts.identity.usecases.finish_sign_in import (
    SecondFactorNeeded,
    active_account,
    finish_sign_in,
)
from gymhopper.contexts.identity.usecases.know_device import is_known
from gymhopper.contexts.identity.usecases.note_failure import failed
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.kernel.errors import Unauthenticated


class WrongCredentials(Unauthenticated):
    """The same for an address that nobody has and a password that is not its own."""

    code = "wrong_credentials"


async def sign_in_with_password(
    runtime: Runtime, *, email: str, password: str, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Sign in; WrongCredentials at the same cost, whatever was wrong.

    Opens its own transactions: the hash is made between them, while nothing is held. A try is
    counted before it is checked, so that a thousand at once are counted as well, and taken back
    when it was right. Raises TooManyAttempts, unseen, when there were too many.
    """
    async with passwords(runtime).turns:
        return await _sign_in(runtime, email, password, device)


async def _sign_in(
    runtime: Runtime, email: str, password: str, device: Device
) -> SignedIn | SecondFactorNeeded:
    hashing = passwords(runtime)
    indexes = AddressSeal(runtime.secrets).indexes(email)
    async with runtime.begin(SERVICE) as uow:
        account = await queries.account_by_email(uow.connection, indexes)
        known = account is not None and await is_known(uow, account.id, device.id)
        tries = password_tries(indexes[0], device.network, device.id if known else None)
        await count_attempt(uow, tries)
    stored = account.password_hash if account else None
    right = await hashing.check(stored, password)
    if account is None or stored is None or not right:
        whose = account.id if account else None
        await runtime.note_act(ANONYMOUS, failed("password", WrongCredentials.code, whose))
        raise WrongCredentials("This is not the address and password of an account.")
    renewed = await hashing.hash(password) if hashing.outdated(stored) else stored
    async with runtime.begin(account_subject(account.id)) as uow:
        held = await active_account(uow, account.id)
        if held.password_hash != stored:
            raise WrongCredentials("The password was changed just now.")
        held.password_hash = renewed
        outcome = await finish_sign_in(uow, account.id, method="password", device=device)
        # Last, because a whole network may be waiting for its count.
        await take_back(uow, tries)
        return outcome
