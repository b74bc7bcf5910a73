"""Put a new password in the place of the old one."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.usecases.end_sessions import end_sessions
from gymhopper.contexts.identity.usecases.know_device import forget_devices
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder


async def set_password(
    uow: UnitOfWork, account: Account, password_hash: str, *, but: UUID | None = None
) -> None:
    """Set it, end every session but one, forget every device, and tell the holder by mail.

    The account's row is held.
    """
    account.password_hash = password_hash
    account.version += 1
    await forget_devices(uow, account.id)
    await end_sessions(uow, account.id, because="the password was changed", but=but)
    await tell_holder(uow, account, "password_changed")
