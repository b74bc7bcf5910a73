"""Set a new password by a link."""

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import SOMEBODY
from gymhopper.contexts.identity.usecases.choose_password import choose_password
from gymhopper.contexts.identity.usecases.finish_sign_in import SecondFactorNeeded
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contexts.identity.usecases.use_link import held_link, reset_password


async def complete_reset(
    runtime: Runtime, *, token: str, password: str, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Set the password and sign in. Raises LinkInvalid, or WeakPassword, which leaves the link
    good for another try."""
    async with runtime.begin(SOMEBODY) as uow:
        link = await held_link(uow, token, "password")
        email = AddressSeal(runtime.secrets).open(link.id, link.email)
    password_hash = await choose_password(runtime, password, about=[email])
    async with runtime.begin(SOMEBODY) as uow:
        return await reset_password(uow, token, password_hash, device=device)
