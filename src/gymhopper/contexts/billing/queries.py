"""Reads: what a membership owes and paid, and what became of webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

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
        await connection.execute(select(dues).where(dues.c.membership_id == membership_id))
    ).one_or_none()
    if found is None:
        raise NotFound("Nothing was ever to be paid here for a membership with this id.")
    mirror = tables.subscription
    newest = await connection.execute(
        select(mirror).where(mirror.c.dues_id == found.id).order_by(mirror.c.id.desc()).limit(1)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A webhook as it is kept. `note` is why it was ignored, or the last failure's traceback."""

    id: UUID
    source: str
    event_id: str
    type: str
    state: str
    attempts: int
    note: str | None
    received_at: datetime
    due_at: datetime
    handled_at: datetime | None


async def list_events(
    connection: AsyncConnection, *, state: str | None = None, limit: int = 100
) -> list[StoredEvent]:
    """The newest webhooks first, of one state or of all."""
    event = tables.webhook_event
    columns = [event.c[name] for name in StoredEvent.__dataclass_fields__]
    query = select(*columns).order_by(event.c.received_at.desc(), event.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(event.c.state == state)
    return [StoredEvent(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - Row's public mapping has this name
