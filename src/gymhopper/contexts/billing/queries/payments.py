"""What a membership owes and paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.billing.domain.subscription import PENDING
from gymhopper.contexts.billing.storage import tables
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipPayments:
    """Everything about one membership's money, as rows of the tables that they are named for."""

    dues: Row[Any]
    subscription: Row[Any] | None
    claims: Sequence[Row[Any]]
    payments: Sequence[Row[Any]]
    refunds: Sequence[Row[Any]]


async def membership_payments(
    connection: AsyncConnection, membership_id: UUID
) -> MembershipPayments:
    """What is known of the membership's money; NotFound when nothing is."""
    dues = tables.dues
    found = (
        await connection.execute(
            select(dues).where(dues.c.membership_id == membership_id, dues.c.kind == "membership")
        )
    ).one_or_none()
    if found is None:
        raise NotFound("Nothing was ever to be paid here for a membership with this id.")
    mirror = tables.subscription
    newest = await connection.execute(
        select(mirror)
        # What was paid once is no subscription.
        .where(mirror.c.dues_id == found.id)
        .where(mirror.c.provider_id.is_not(None) | (mirror.c.status == PENDING))
        .order_by(mirror.c.id.desc())
        .limit(1)
    )
    claim = tables.claim
    claims = await connection.execute(
        select(claim).where(claim.c.dues_id == found.id).order_by(claim.c.start, claim.c.id)
    )
    return MembershipPayments(
        dues=found,
        subscription=newest.one_or_none(),
        claims=claims.all(),
        payments=await _of_claims(connection, tables.payment, found.id),
        refunds=await _of_claims(connection, tables.refund, found.id),
    )


async def _of_claims(
    connection: AsyncConnection, table: Table, dues_id: UUID
) -> Sequence[Row[Any]]:
    rows = await connection.execute(
        select(table)
        .join(tables.claim, table.c.claim_id == tables.claim.c.id)
        .where(tables.claim.c.dues_id == dues_id)
        .order_by(table.c.id)
    )
    return rows.all()
