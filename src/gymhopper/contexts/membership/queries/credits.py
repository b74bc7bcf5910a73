"""What can be asked about credits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.domain.credit import EntryKind, Source
from gymhopper.contexts.membership.storage import tables
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LotView:
    """A lot as it is; see `CreditLot`."""

    lot_id: UUID
    source: Source
    cause: UUID
    units: int
    left: int
    price: Money
    visits: bool
    class_types: tuple[UUID, ...] | None
    granted_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditsView:
    """A membership's lots, the oldest first; `overdrawn` visits wait for the next one."""

    lots: tuple[LotView, ...]
    overdrawn: int

    @property
    def left(self) -> int:
        """All credits that are left."""
        return sum(each.left for each in self.lots)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A line of the ledger; see `CreditEntry`."""

    entry_id: UUID
    lot_id: UUID | None
    kind: EntryKind
    units: int
    cause: UUID
    at: datetime
    reason: str


async def credits_view(connection: AsyncConnection, membership_id: UUID) -> CreditsView:
    """The membership's credits; NotFound when it is not visible."""
    lot = tables.credit_lot
    overdrawn = (
        await connection.execute(
            select(tables.membership.c.credit_overdrawn).where(
                tables.membership.c.id == membership_id
            )
        )
    ).scalar()
    if overdrawn is None:
        raise NotFound("There is no membership with this id.")
    rows = await connection.execute(
        select(lot).where(lot.c.membership_id == membership_id).order_by(lot.c.id)
    )
    lots = tuple(
        LotView(
            lot_id=row.id,
            source=row.source,
            cause=row.cause,
            units=row.units,
            left=row.left_units,
            price=Money(row.price_amount, row.price_currency),
            visits=row.visits,
            class_types=row.class_types,
            granted_at=row.granted_at,
            expires_at=row.expires_at,
        )
        for row in rows
    )
    return CreditsView(lots=lots, overdrawn=overdrawn)


async def credit_entries(
    connection: AsyncConnection, membership_id: UUID, *, before: UUID | None, limit: int
) -> list[EntryView]:
    """Lines of the membership's ledger, the newest first."""
    entry = tables.credit_entry
    asked = select(entry).where(entry.c.membership_id == membership_id)
    if before is not None:
        asked = asked.where(entry.c.id < before)
    rows = await connection.execute(asked.order_by(entry.c.id.desc()).limit(limit))
    return [
        EntryView(
            entry_id=row.id,
            lot_id=row.lot_id,
            kind=row.kind,
            units=row.units,
            cause=row.cause,
            at=row.at,
            reason=row.reason,
        )
        for row in rows
    ]
