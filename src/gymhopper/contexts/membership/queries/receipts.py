"""What can be asked about proofs of cancellations and withdrawals."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.contexts.membership.domain.receipt import Receipt
from gymhopper.contexts.membership.storage import leaving_tables, tables
from gymhopper.kernel.errors import NotFound


async def receipts(connection: AsyncConnection, membership_id: UUID) -> Sequence[Receipt]:
    """All of a membership, oldest first; NotFound when the membership is not visible."""
    bought, kept = tables.membership.c, leaving_tables.receipt.c
    async with AsyncSession(connection) as session:
        if await session.scalar(select(bought.id).where(bought.id == membership_id)) is None:
            raise NotFound("There is no membership with this id.")
        found = await session.scalars(
            select(Receipt).where(kept.membership_id == membership_id).order_by(kept.id)
        )
        return found.all()
