"""What a comparison with the provider looks at, and what it came to."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, SelectBase, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.billing.domain.provider import ENDED
from gymhopper.contexts.billing.domain.reconciliation import Finding, Reconciliation, Report
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.storage.card_tables import card_page
from gymhopper.contexts.billing.storage.page_tables import claim_page
from gymhopper.contexts.billing.storage.reconciliation import finding, reconciliation, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """How a claim stands with us."""

    id: UUID
    amount: int
    outstanding: int
    written_off: int
    status: str
    fence: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something of ours that no list of the provider showed."""

    id: UUID
    provider_id: str


async def report(connection: AsyncConnection, reconciliation_id: UUID) -> Report:
    """A comparison with all that it found."""
    found = await connection.execute(
        select(reconciliation).where(reconciliation.c.id == reconciliation_id)
    )
    columns = [finding.c[name] for name in Finding.__dataclass_fields__]
    findings = await connection.execute(
        select(*columns)
        .where(finding.c.reconciliation_id == reconciliation_id)
        .order_by(finding.c.verdict, finding.c.kind, finding.c.provider_id)
    )
    return Report(
        reconciliation=Reconciliation(**found.mappings().one()),
        findings=tuple(Finding(**row) for row in findings.mappings()),
    )


async def expected(connection: AsyncConnection, provider: str) -> int:
    """How many subscriptions we know of there."""
    table = tables.subscription
    counted = await connection.execute(
        select(func.count()).where(table.c.provider == provider, table.c.provider_id.is_not(None))
    )
    return int(counted.scalar_one())


async def claims(
    connection: AsyncConnection, provider: str, invoice_ids: Collection[str]
) -> dict[str, Claimed]:
    """Our claims for these invoices."""
    table = tables.claim
    columns = [table.c[name] for name in Claimed.__dataclass_fields__]
    rows = await connection.execute(
        select(table.c.provider_invoice_id, *columns).where(
            table.c.provider == provider, table.c.provider_invoice_id.in_(list(invoice_ids))
        )
    )
    return {
        row.provider_invoice_id: Claimed(
            **{name: getattr(row, name) for name in Claimed.__dataclass_fields__}
        )
        for row in rows
    }


async def unseen_subscriptions(
    connection: AsyncConnection, run: Reconciliation, *, limit: int
) -> list[Unseen]:
    """Our subscriptions that go on, as far as we know, and that the provider did not list."""
    table = tables.subscription
    ours = select(table.c.id, table.c.provider_id.label("provider_id")).where(
        table.c.provider == run.provider,
        table.c.provider_id.is_not(None),
        table.c.status.not_in(ENDED),
        ~_was_seen(run, table.c.provider_id),
    )
    return await _next(connection, run, ours, limit)


async def unseen_claims(
    connection: AsyncConnection, run: Reconciliation, *, limit: int
) -> list[Unseen]:
    """Our claims that wait for money, whose invoices the provider did not list as open."""
    table = tables.claim
    ours = select(table.c.id, table.c.provider_invoice_id.label("provider_id")).where(
        table.c.provider == run.provider,
        table.c.status.in_(("open", "failed")),
        ~_was_seen(run, table.c.provider_invoice_id),
    )
    return await _next(connection, run, ours, limit)


async def open_pages(
    connection: AsyncConnection, run: Reconciliation, *, limit: int
) -> list[Unseen]:
    """Our pages on which, as far as we know, nobody has paid yet or added a card."""
    pages = union_all(
        *(
            select(table.c.id, table.c.provider_id).where(
                table.c.status == "open", table.c.provider_id.is_not(None)
            )
            for table in (tables.checkout, card_page, claim_page)
        )
    )
    return await _next(connection, run, pages, limit)


async def _next(
    connection: AsyncConnection, run: Reconciliation, ours: SelectBase, limit: int
) -> list[Unseen]:
    """Of these pairs of ids, so many that come after where the run stands."""
    ids = ours.subquery().c
    query = select(ids.id, ids.provider_id).order_by(ids.id).limit(limit)
    if run.cursor is not None:
        query = query.where(ids.id > UUID(run.cursor))
    return [Unseen(row.id, row.provider_id) for row in await connection.execute(query)]


def _was_seen(run: Reconciliation, provider_id: Column[Any]) -> ColumnElement[bool]:
    return (
        select(seen.c.provider_id)
        .where(seen.c.reconciliation_id == run.id, seen.c.provider_id == provider_id)
        .exists()
    )
