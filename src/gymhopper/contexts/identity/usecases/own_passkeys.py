"""One of the account's own passkeys: renamed, or given up."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.passkey import Passkey
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.ways_in import require_another_way_in
from gymhopper.kernel.errors import NotFound


async def rename_passkey(uow: UnitOfWork, passkey_id: UUID, account_id: UUID, name: str) -> Passkey:
    """Call it something else; NotFound when the account has none with this id."""
    await active_account(uow, account_id)
    passkey = await _own(uow, passkey_id, account_id)
    passkey.rename(name)
    return passkey


async def remove_passkey(uow: UnitOfWork, passkey_id: UUID, account_id: UUID) -> None:
    """From now on it opens nothing.

    Raises NotFound when the account has none with this id, and LastWayIn.
    """
    account = await active_account(uow, account_id)
    found = await _own(uow, passkey_id, account_id)
    await require_another_way_in(uow, account, besides=passkey_id)
    await uow.session.delete(found)


async def _own(uow: UnitOfWork, passkey_id: UUID, account_id: UUID) -> Passkey:
    found = await uow.session.get(Passkey, passkey_id, with_for_update=True, populate_existing=True)
    if found is None or found.account_id != account_id:
        raise NotFound("There is no passkey with this id.")
    return found
