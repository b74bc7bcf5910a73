"""Compare all that we know of the provider with what it says now, and take over what differs.

The provider's lists are read page by page, outside any transaction. What differs from our record is
taken over as a webhook's news would be, under the fence that was taken before the page was asked
for: what a webhook brought meanwhile is newer and stays. After each page it is noted how far the
comparison came, so that whoever goes on after a failure goes on from there.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.errors import ProviderRefused
from gymhopper.contexts.billing.domain.provider import ProviderInvoice
from gymhopper.contexts.billing.domain.reconciliation import Finding, Reconciliation, Report
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.queries import reconciliation as queries
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.storage.reconciliation import finding, reconciliation, seen
from gymhopper.contexts.billing.usecases.fencing import take_fence
from gymhopper.contexts.billing.usecases.fetch_snapshot import Snapshot
from gymhopper.contexts.billing.usecases.repair import (
    Kind,
    repair_from,
    repair_page,
    repair_subject,
)
from gymhopper.kernel.errors import Conflict
from gymhopper.kernel.ids import new_id

RECENT = timedelta(days=3)
"""So old may an invoice be whose every webhook was lost, unless it is open still."""

KEPT = timedelta(days=30)
BATCH = 100

Progress = Callable[[Reconciliation, int], None]
"""Told after each page: where the comparison stands, and how many subscriptions there are."""


async def reconcile(
    runtime: Runtime,
    provider: PaymentProvider,
    *,
    since: datetime | None = None,
    pages: int | None = None,
    progress: Progress = lambda *_: None,
) -> Report:
    """Begin, or go on with one that was interrupted, to the end or for so many `pages`.

    `since` limits the lists to what was created then or later. Raises Unavailable when the provider
    does not answer, and Conflict when another process is at it.
    """
    run, expected = await _begin(runtime, provider, since)
    while run.stage != "done" and pages != 0:
        run = await _step(runtime, provider, run)
        progress(run, expected)
        pages = None if pages is None else pages - 1
    async with runtime.read(SERVICE) as connection:
        return await queries.report(connection, run.id)


async def _begin(
    runtime: Runtime, provider: PaymentProvider, since: datetime | None
) -> tuple[Reconciliation, int]:
    table = reconciliation
    async with runtime.begin(SERVICE) as uow:
        await uow.connection.execute(delete(table).where(table.c.finished_at < uow.now - KEPT))
        await uow.connection.execute(
            upsert(table)
            .values(
                id=new_id(),
                provider=provider.name,
                since=since,
                started_at=uow.now,
                stage="subscriptions",
                compared=0,
            )
            .on_conflict_do_nothing()
        )
        found = await uow.connection.execute(
            select(table).where(table.c.provider == provider.name, table.c.finished_at.is_(None))
        )
        run = Reconciliation(**found.mappings().one())
        return run, await queries.expected(uow.connection, provider.name)


async def _step(runtime: Runtime, provider: PaymentProvider, run: Reconciliation) -> Reconciliation:
    """One page or batch; returns where the comparison stands then."""
    match run.stage:
        case "subscriptions":
            return await _subscriptions(runtime, provider, run)
        case "open_invoices" | "recent_invoices":
            return await _invoices(runtime, provider, run)
        case "our_pages":
            return await _pages(runtime, provider, run)
        case _:
            return await _ours(runtime, provider, run)


async def _subscriptions(
    runtime: Runtime, provider: PaymentProvider, run: Reconciliation
) -> Reconciliation:
    fence = await take_fence(runtime)
    try:
        page = await provider.subscriptions(after=run.cursor, since=run.since)
    except ProviderRefused:
        return await _anew(runtime, run)
    ours = await _mirrors(runtime, run, [each.id for each in page.items])
    findings = []
    for found in page.items:
        mirror = ours.get(found.id)
        if mirror is None or mirror.reflection != found:
            if mirror is not None and mirror.fence > fence:
                continue
            snapshot = Snapshot(fence=fence, provider=run.provider, subscription=found)
            findings.append(await repair_from(runtime, snapshot))
    return await _note(
        runtime, run, page.next, [each.id for each in page.items], [f for f in findings if f]
    )


async def _mirrors(
    runtime: Runtime, run: Reconciliation, ids: Collection[str]
) -> dict[str, Subscription]:
    """Our records by the provider's ids; what has none of them yet is found when it is repaired."""
    table = tables.subscription
    async with runtime.begin(SERVICE) as uow:
        found = await uow.session.scalars(
            select(Subscription).where(
                table.c.provider == run.provider, table.c.provider_id.in_(list(ids))
            )
        )
        return {each.provider_id or "": each for each in found}


async def _invoices(
    runtime: Runtime, provider: PaymentProvider, run: Reconciliation
) -> Reconciliation:
    only_open = run.stage == "open_invoices"
    since = run.since if only_open else run.since or run.started_at - RECENT
    fence = await take_fence(runtime)
    try:
        page = await provider.invoices(after=run.cursor, since=since, only_open=only_open)
    except ProviderRefused:
        return await _anew(runtime, run)
    of_subscriptions = [each for each in page.items if each.subscription_id is not None]
    async with runtime.read(SERVICE) as connection:
        ours = await queries.claims(connection, run.provider, [each.id for each in page.items])
    findings = []
    for found in of_subscriptions:
        claim = ours.get(found.id)
        if not _agree(claim, found) and (claim is None or claim.fence <= fence):
            findings.append(await repair_subject(runtime, provider, "invoice", found.id))
    listed = [each.id for each in page.items] if only_open else []
    return await _note(runtime, run, page.next, listed, [f for f in findings if f])


def _agree(claim: queries.Claimed | None, found: ProviderInvoice) -> bool:
    """Whether our claim says the same, as far as a list tells."""
    if claim is None:
        return found.status == "void" or (found.status == "draft" and not found.held)
    return (
        claim.amount == found.amount.amount
        and claim.outstanding + claim.written_off == found.outstanding
        and (claim.status == "void") == (found.status == "void")
        and (claim.status == "paid") == (found.status == "paid")
        and (claim.status == "failed" or found.attempts == 0 or found.status != "open")
    )


async def _ours(runtime: Runtime, provider: PaymentProvider, run: Reconciliation) -> Reconciliation:
    """What no list showed is asked for one by one: it may have changed, or be ours alone."""
    subscriptions = run.stage == "our_subscriptions"
    async with runtime.read(SERVICE) as connection:
        if subscriptions:
            unseen = await queries.unseen_subscriptions(connection, run, limit=BATCH)
        else:
            unseen = await queries.unseen_claims(connection, run, limit=BATCH)
    findings = []
    for each in unseen:
        kind: Kind = "subscription" if subscriptions else "invoice"
        findings.append(
            await repair_subject(runtime, provider, kind, each.provider_id, our_id=each.id)
        )
    cursor = str(unseen[-1].id) if len(unseen) == BATCH else None
    return await _note(runtime, run, cursor, (), [f for f in findings if f])


async def _pages(
    runtime: Runtime, provider: PaymentProvider, run: Reconciliation
) -> Reconciliation:
    """A payment of its own is in none of the lists: the page tells whether it was made."""
    async with runtime.read(SERVICE) as connection:
        pages = await queries.open_pages(connection, run, limit=BATCH)
    findings = [await repair_page(runtime, provider, each.provider_id, each.id) for each in pages]
    cursor = str(pages[-1].id) if len(pages) == BATCH else None
    return await _note(runtime, run, cursor, (), [f for f in findings if f])


async def _anew(runtime: Runtime, run: Reconciliation) -> Reconciliation:
    """The provider no longer knows where the last page ended: this list begins anew."""
    if run.cursor is None:
        raise Conflict(
            "The payment provider refuses to list what it holds.", code="cannot_reconcile"
        )
    async with runtime.begin(SERVICE) as uow:
        return await _move(uow.connection, run, replace(run, cursor=None))


async def _note(
    runtime: Runtime,
    run: Reconciliation,
    cursor: str | None,
    listed: Collection[str],
    findings: Collection[Finding],
) -> Reconciliation:
    """Keep what a page came to, together with how far we are."""
    async with runtime.begin(SERVICE) as uow:
        if listed:
            await uow.connection.execute(
                upsert(seen).on_conflict_do_nothing(),
                [{"reconciliation_id": run.id, "provider_id": each} for each in listed],
            )
        for each in findings:
            values = {name: getattr(each, name) for name in Finding.__dataclass_fields__}
            await uow.connection.execute(
                upsert(finding).values(reconciliation_id=run.id, **values).on_conflict_do_nothing()
            )
        ahead = replace(run, cursor=cursor, compared=run.compared + len(listed))
        if cursor is None:
            ahead = replace(ahead, stage=run.next_stage)
        if ahead.stage == "done":
            ahead = replace(ahead, finished_at=uow.now)
            await uow.connection.execute(delete(seen).where(seen.c.reconciliation_id == run.id))
        return await _move(uow.connection, run, ahead)


async def _move(
    connection: AsyncConnection, before: Reconciliation, after: Reconciliation
) -> Reconciliation:
    """Raises Conflict when somebody else has moved it since."""
    table = reconciliation
    moved = await connection.execute(
        update(table)
        .where(
            table.c.id == before.id,
            table.c.stage == before.stage,
            table.c.cursor.is_not_distinct_from(before.cursor),
        )
        .values(
            stage=after.stage,
            cursor=after.cursor,
            compared=after.compared,
            finished_at=after.finished_at,
        )
    )
    if moved.rowcount != 1:
        raise Conflict("Another process is comparing just now.", code="reconciling_elsewhere")
    return after
