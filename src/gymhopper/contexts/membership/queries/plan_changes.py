"""What can be asked about changes of plan."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.contexts.membership.domain.plan_change import PlanChange
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.plan_change_tables import plan_change
from gymhopper.kernel.errors import NotFound


async def plan_changes(connection: AsyncConnection, membership_id: UUID) -> list[PlanChange]:
    """All changes of the membership, the newest first; NotFound when it is not visible."""
    sold = tables.membership.c
    seen = await connection.execute(select(sold.id).where(sold.id == membership_id))
    if seen.one_or_none() is None:
        raise NotFound("There is no membership with this id.")
    async with AsyncSession(connection) as session:
        found = await session.scalars(
            select(PlanChange)
            .where(plan_change.c.membership_id == membership_id)
            .order_by(plan_change.c.id.desc())
        )
        return list(found)
