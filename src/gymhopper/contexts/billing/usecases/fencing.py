"""Fence numbers: which of two snapshots was fetched later."""

from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.storage import tables


async def take_fence(runtime: Runtime) -> int:
    """A number above all that were taken before. Take it first, then fetch.

    Whatever changed at the provider before the number was taken is in the snapshot. What changes
    later has an event of its own, whose fence will be higher.
    """
    async with runtime.database.transaction(SERVICE) as connection:
        return int((await connection.execute(select(tables.fence.next_value()))).scalar_one())
