"""Choose a password by a link: for a new account, or for one whose password was forgotten."""

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.email_link import Purpose
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import SOMEBODY
from gymhopper.contexts.identity.usecases.choose_password import choose_password
from gymhopper.contexts.identity.usecases.finish_sign_in import SecondFactorNeeded
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contexts.identity.usecases.use_link import confirm_account, held_link, reset_password


async def complete_registration(
    runtime: Runtime, *, token: str, password: str, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Open the account and sign in to it.

    The password is asked for only now, of whoever has the mailbox: one that came with the wish for
    an account might be a stranger's, who would then have a key to it. Raises LinkInvalid, or
    WeakPassword, which leaves the link good for another try.
    """
    password_hash = await _chosen(runtime, "register", token, password)
    async with runtime.begin(SOMEBODY) as uow:
        return await confirm_account(uow, token, password_hash, device=device)


async def complete_reset(
    runtime: Runtime, *, token: str, password: str, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Set the password and sign in. Raises what `complete_registration` does."""
    password_hash = await _chosen(runtime, "password", token, password)
    async with runtime.begin(SOMEBODY) as uow:
        return await reset_password(uow, token, password_hash, device=device)


async def _chosen(runtime: Runtime, purpose: Purpose, token: str, password: str) -> str:
    async with runtime.begin(SOMEBODY) as uow:
        link = await held_link(uow, token, purpose)
        email = AddressSeal(runtime.secrets).open(link.id, link.email)
    return await choose_password(runtime, password, about=[email])
