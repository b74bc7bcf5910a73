"""What can be asked about new prices of what was sold."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.contexts.membership.domain.price_change import PriceChange
from gymhopper.contexts.membership.domain.price_run import PriceRun
from gymhopper.contexts.membership.storage import tables
from gymhopper.kernel.errors import NotFound


async def price_changes(connection: AsyncConnection, membership_id: UUID) -> list[PriceChange]:
    """All changes of the membership, the newest first; NotFound when it is not visible."""
    sold, change = tables.membership.c, tables.price_change.c
    seen = await connection.execute(select(sold.id).where(sold.id == membership_id))
    if seen.one_or_none() is None:
        raise NotFound("There is no membership with this id.")
    async with AsyncSession(connection) as session:
        found = await session.scalars(
            select(PriceChange)
            .where(change.membership_id == membership_id)
            .order_by(change.id.desc())
        )
        return list(found)


async def price_run(connection: AsyncConnection, run_id: UUID) -> PriceRun:
    """How far the change of a plan has come; NotFound when it is not visible."""
    async with AsyncSession(connection) as session:
        found = await session.get(PriceRun, run_id)
        if found is None:
            raise NotFound("There is no price change of a plan with this id.")
        return found
