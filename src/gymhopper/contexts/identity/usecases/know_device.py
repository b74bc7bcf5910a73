"""Devices that have signed in to an account before."""

from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.storage.tables import known_device
from gymhopper.kernel.ids import new_id


async def know_device(uow: UnitOfWork, account_id: UUID, device_id: UUID | None) -> UUID:
    """Remember that the device signed in; one without an id gets a new one. Returns the id."""
    known = device_id or new_id()
    new = insert(known_device).values(device_id=known, account_id=account_id, last_seen_at=uow.now)
    await uow.connection.execute(
        new.on_conflict_do_update(
            index_elements=["device_id", "account_id"], set_={"last_seen_at": uow.now}
        )
    )
    return known


async def is_known(uow: UnitOfWork, account_id: UUID, device_id: UUID | None) -> bool:
    """Whether the device has signed in to the account before."""
    if device_id is None:
        return False
    row = exists().where(
        known_device.c.device_id == device_id, known_device.c.account_id == account_id
    )
    return bool((await uow.connection.execute(select(row))).scalar_one())


async def forget_devices(uow: UnitOfWork, account_id: UUID) -> None:
    """All devices are strangers again, as after a new password."""
    await uow.connection.execute(
        delete(known_device).where(known_device.c.account_id == account_id)
    )
