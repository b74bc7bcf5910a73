"""Sign in with an address and its password."""

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.gateways.hashing import passwords
from gymhopper.contexts.identity.queries import accounts as queries
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_subject
from gymhopper.contexts.identity.usecases.finish_sign_in import (
    SecondFactorNeeded,
    active_account,
    finish_sign_in,
)
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.kernel.errors import Unauthenticated


class WrongCredentials(Unauthenticated):
    """The same for an address that nobody has and a password that is not its own."""

    code = "wrong_credentials"


async def sign_in_with_password(
    runtime: Runtime, *, email: str, password: str, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Sign in; WrongCredentials at the same cost, whatever was wrong.

    Opens its own transactions: the hash is made between them, while nothing is held.
    """
    async with runtime.read(SERVICE) as connection:
        indexes = AddressSeal(runtime.secrets).indexes(email)
        account = await queries.account_by_email(connection, indexes)
    stored = account.password_hash if account else None
    right = await passwords(runtime).check(stored, password)
    if account is None or not right:
        raise WrongCredentials("This is not the address and password of an account.")
    async with runtime.begin(account_subject(account.id)) as uow:
        held = await active_account(uow, account.id)
        if held.password_hash != stored:
            raise WrongCredentials("The password was changed just now.")
        return await finish_sign_in(uow, account.id, method="password", device=device)
