"""Change the password of the account that is signed in."""

from uuid import UUID

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.queries.accounts import account_details
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases.choose_password import choose_password
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.know_device import know_device
from gymhopper.contexts.identity.usecases.prove_again import Proof, prove_again
from gymhopper.contexts.identity.usecases.set_password import set_password


async def change_password(
    runtime: Runtime,
    caller: AuthSubject,
    *,
    proof: Proof | None,
    password: str,
    device_id: UUID | None,
) -> None:
    """Set the new password after a proof; the present session and device stay, all others end.

    Raises WeakPassword, ProofNeeded or WrongProof.
    """
    account_id = await prove_again(runtime, caller, proof, young_session_will_do=False)
    async with runtime.read(SERVICE) as connection:
        found = await account_details(connection, account_id, AddressSeal(runtime.secrets))
    about = [each for each in (found.email, found.name) if each]
    password_hash = await choose_password(runtime, password, about=about)
    async with runtime.begin(own_account(caller)) as uow:
        account = await active_account(uow, account_of(caller))
        await set_password(uow, account, password_hash, but=caller.session_id)
        if device_id is not None:
            await know_device(uow, account_id, device_id)
