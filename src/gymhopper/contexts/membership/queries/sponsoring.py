"""For whom a sponsor pays, and what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.queries.memberships import purchase_of
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.sponsor_tables import sponsor, sponsored
from gymhopper.contracts.membership.api import Payer
from gymhopper.contracts.membership.sponsors.api import Covered, DatedPrice, Sponsoring, Stretch
from gymhopper.kernel.money import Money


async def sponsoring(
    connection: AsyncConnection, sponsor_id: UUID, start: datetime, until: datetime
) -> Sponsoring | None:
    """Everybody on its account at some time in `[start, until)`; see `SponsorsApi`."""
    asked = select(sponsor).where(sponsor.c.id == sponsor_id)
    found = (await connection.execute(asked)).one_or_none()
    if found is None or found.terms is None:
        return None
    sold, of = tables.membership.c, sponsored.c
    # Two rows of one member are left by a merge: either is the sponsor's own name.
    reference = (
        select(func.min(of.external_id))
        .where(of.sponsor_id == sponsor_id, of.member_id == sold.member_id)
        .scalar_subquery()
    )
    rows = (
        await connection.execute(
            select(tables.membership, reference.label("reference"))
            .where(sold.payer_kind == "sponsor", sold.payer_id == sponsor_id)
            .where(sold.start_at < until)
            .where(or_(sold.end_at.is_(None), sold.end_at > start))
            .order_by(sold.id)
        )
    ).all()
    ids = [each.id for each in rows]
    prices, frozen = await _changes(connection, ids), await _frozen(connection, ids)
    payer = Payer(kind="sponsor", id=sponsor_id)
    return Sponsoring(
        sponsor_id=sponsor_id,
        name=found.name,
        shares=found.terms.shares,
        covered=tuple(
            Covered(
                purchase=purchase_of(each, payer),
                reference=each.reference or "",
                prices=_prices(each, prices.get(each.id, ())),
                until=each.end_at,
                frozen=tuple(frozen.get(each.id, ())),
            )
            for each in rows
        ),
    )


async def _changes(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Row[Any]]]:
    of = tables.price_change.c
    rows = await connection.execute(
        select(tables.price_change)
        .where(of.membership_id.in_(ids), of.status.in_(("announced", "in_force")))
        .order_by(of.effective_at, of.id)
    )
    found: dict[UUID, list[Row[Any]]] = {}
    for each in rows:
        found.setdefault(each.membership_id, []).append(each)
    return found


def _prices(row: Row[Any], changes: Sequence[Row[Any]]) -> tuple[DatedPrice, ...]:
    """What it cost first, and each other price from its date on."""
    first = row.price_amount
    if changes and changes[0].previous_amount is not None:
        first = changes[0].previous_amount
    return (
        DatedPrice(price=Money(first, row.price_currency)),
        *(
            DatedPrice(price=Money(each.amount, each.currency), since=each.effective_at)
            for each in changes
        ),
    )


async def _frozen(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Stretch]]:
    of = tables.overlay.c
    rows = await connection.execute(
        select(of.membership_id, of.start_at, of.until_at)
        .where(of.membership_id.in_(ids), of.kind == "freeze", of.stops_billing)
        .order_by(of.start_at)
    )
    found: dict[UUID, list[Stretch]] = {}
    for each in rows:
        stretch = Stretch(start=each.start_at, until=each.until_at)
        found.setdefault(each.membership_id, []).append(stretch)
    return found
