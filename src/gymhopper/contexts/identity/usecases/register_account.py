"""Ask for an account."""

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.subjects import SOMEBODY
from gymhopper.contexts.identity.usecases.choose_password import choose_password
from gymhopper.contexts.identity.usecases.request_link import request_link


async def register_account(runtime: Runtime, *, email: str, password: str, device: Device) -> None:
    """Send a link that opens the account, or, where there is one, signs in to it.

    All this does is the same for every address: one hash, one row, one job. Raises WeakPassword.
    """
    password_hash = await choose_password(runtime, password, about=[email])
    async with runtime.begin(SOMEBODY) as uow:
        await request_link(uow, "register", email=email, device=device, password_hash=password_hash)
