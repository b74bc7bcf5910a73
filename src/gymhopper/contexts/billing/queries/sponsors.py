"""What sponsors are asked for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.keyset import paged
from gymhopper.contexts.billing.domain.collective import SponsorAccount
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.storage.sponsor_tables import covered_period
from gymhopper.contexts.billing.storage.sponsor_tables import sponsor_account as account_table
from gymhopper.kernel.errors import NotFound

MISSING = "Nothing is asked for here of a sponsor with this id."


async def sponsor_account(
    connection: AsyncConnection, sponsor_id: UUID
) -> tuple[SponsorAccount, str]:
    """The account and the zone of its months; NotFound when there is none."""
    asked = select(account_table).where(account_table.c.id == sponsor_id)
    found = (await connection.execute(asked)).mappings().one_or_none()
    if found is None:
        raise NotFound(MISSING)
    dues = await sponsor_dues(connection, found["dues_id"])
    return SponsorAccount(**found), dues.terms.zone


async def sponsor_dues(connection: AsyncConnection, dues_id: UUID) -> Row[Any]:
    """What the sponsor owes, and in which terms."""
    return (await connection.execute(select(tables.dues).where(tables.dues.c.id == dues_id))).one()


async def sponsor_claims(
    connection: AsyncConnection, sponsor_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """The newest first, from behind that one; NotFound when there is no such account."""
    account, _ = await sponsor_account(connection, sponsor_id)
    claim = tables.claim
    behind = None if after is None else (after,)
    asked = select(claim).where(claim.c.dues_id == account.dues_id)
    rows = await connection.execute(paged(asked, claim.c, (("id", True),), behind).limit(limit))
    found: Sequence[Row[Any]] = rows.all()
    return found


async def covered_periods(
    connection: AsyncConnection,
    sponsor_id: UUID,
    *,
    claim_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """The newest first, from behind that one; NotFound when there is no such account."""
    await sponsor_account(connection, sponsor_id)
    of = covered_period.c
    asked = select(covered_period).where(of.sponsor_id == sponsor_id)
    if claim_id is not None:
        asked = asked.where(of.claim_id == claim_id)
    behind = None if after is None else (after,)
    rows = await connection.execute(paged(asked, of, (("id", True),), behind).limit(limit))
    found: Sequence[Row[Any]] = rows.all()
    return found
