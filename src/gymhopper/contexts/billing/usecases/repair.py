"""Take over one thing that differs from what the provider says, and tell what came of it."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import reraise_lost_connection
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.reconciliation import Finding
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.fetch_snapshot import (
    Charge,
    Nothing,
    Snapshot,
    fetch_snapshot,
)
from gymhopper.contexts.billing.usecases.take_over import expire_checkout, take_over

log = get_logger(__name__)

Kind = Literal["subscription", "invoice"]


async def repair_subject(
    runtime: Runtime,
    provider: PaymentProvider,
    kind: Kind,
    provider_id: str,
    *,
    our_id: UUID | None = None,
) -> Finding | None:
    """Fetch it again and take it over; None when nothing was different after all.

    `our_id` is our record's, where it is known that there is one.
    """
    found = await fetch_snapshot(runtime, provider, Subject(kind, provider_id))
    if isinstance(found, Snapshot | Charge):
        return await repair_from(runtime, found)
    if our_id is None or not isinstance(found, Nothing):
        return None
    return Finding(
        kind=kind,
        verdict="ours_alone",
        provider_id=provider_id,
        our_id=our_id,
        detail=found.reason,
    )


async def repair_page(
    runtime: Runtime, provider: PaymentProvider, provider_id: str, our_id: UUID
) -> Finding | None:
    """Take over what became of a page; None when somebody may still pay on it."""
    found = await fetch_snapshot(runtime, provider, Subject("checkout", provider_id))
    if isinstance(found, Snapshot | Charge):
        return await repair_from(runtime, found)
    if isinstance(found, Nothing) and found.expired is None:
        return None
    async with runtime.begin(SERVICE) as uow:
        if not isinstance(found, Nothing):
            await take_over(uow, found)
        elif found.expired is not None:
            await expire_checkout(uow, found.expired)
    return Finding(kind="checkout", verdict="repaired", provider_id=provider_id, our_id=our_id)


async def repair_from(runtime: Runtime, snapshot: Snapshot | Charge) -> Finding | None:
    """Take a snapshot over; one that cannot be is named, and hides none of the others."""
    about = snapshot.subscription if snapshot.invoice is None else snapshot.invoice
    kind: Kind = "subscription" if snapshot.invoice is None else "invoice"
    try:
        async with runtime.begin(SERVICE) as uow:
            before = await _recorded(uow, snapshot)
            stranger = await take_over(uow, snapshot)
            await uow.flush()
            after = await _recorded(uow, snapshot)
    except Exception as error:  # whatever it was, a person has to look, and others wait behind it
        reraise_lost_connection(error)
        log.warning("repair_failed", provider_id=about.id, exc_info=True)
        return Finding(
            kind=kind, verdict="failed", provider_id=about.id, detail=type(error).__name__
        )
    if stranger is not None:
        if isinstance(snapshot, Snapshot) and snapshot.subscription.ended:
            return None
        return Finding(kind=kind, verdict="provider_alone", provider_id=about.id, detail=stranger)
    if before == after:
        return None
    return Finding(
        kind=kind,
        verdict="repaired",
        provider_id=about.id,
        our_id=after.get("id") if after else None,
    )


async def _recorded(uow: UnitOfWork, snapshot: Snapshot | Charge) -> dict[str, Any] | None:
    """What we have of it now, but for the fence, which every look moves."""
    if snapshot.invoice is None:
        table, theirs = tables.subscription, tables.subscription.c.provider_id
        provider_id = snapshot.subscription.id
    else:
        table, theirs = tables.claim, tables.claim.c.provider_invoice_id
        provider_id = snapshot.invoice.id
    query = select(table).where(table.c.provider == snapshot.provider, theirs == provider_id)
    if isinstance(snapshot, Charge):
        query = select(table).where(table.c.id == snapshot.claim_id)
    row = await uow.connection.execute(query)
    found = row.mappings().one_or_none()
    return None if found is None else {key: found[key] for key in found if key != "fence"}
