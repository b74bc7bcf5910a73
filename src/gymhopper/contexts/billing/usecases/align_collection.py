"""Bring the provider in line with the contract: stop, stop later, rest, or go on.

Compares what is with what should be and sets only what differs, so it can be repeated and
interrupted anywhere.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.discounting import discount_differs
from gymhopper.contexts.billing.domain.dues import Collection, Dues
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.provider import ProviderSubscription
from gymhopper.contexts.billing.domain.subscription import PENDING
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.bill_by_hand import align_by_hand
from gymhopper.contexts.billing.usecases.fetch_snapshot import Snapshot, fetch_snapshot
from gymhopper.contexts.billing.usecases.open_dues import running
from gymhopper.contexts.billing.usecases.take_over import take_over
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intent:
    wanted: Collection
    terms: Terms | None
    sold: Terms
    frozen: tuple[Period, ...]
    ends_at: datetime | None
    subscription_id: str | None
    open_checkouts: tuple[str, ...]


async def align_collection(runtime: Runtime, provider: PaymentProvider, dues_id: UUID) -> None:
    """Tell the provider what the contract wants now, then take over what came of it."""
    intent = await _intend(runtime, dues_id)
    if intent is None:
        return
    if intent.wanted.stopped:
        for checkout_id in intent.open_checkouts:
            await provider.expire_checkout(checkout_id)
    if intent.subscription_id is None:
        return
    found = await provider.subscription(intent.subscription_id)
    if found is None or found.ended:
        return
    await _instruct(provider, found, intent.wanted, intent.terms)
    released = await _release(provider, found, intent) if intent.frozen else []
    for subject in [*released, Subject("subscription", found.id)]:
        snapshot = await fetch_snapshot(runtime, provider, subject)
        if isinstance(snapshot, Snapshot):
            async with runtime.begin(SERVICE) as uow:
                await take_over(uow, snapshot)


async def _intend(runtime: Runtime, dues_id: UUID) -> _Intent | None:
    """Note down what will be asked, so that its echo is known for what it is.

    None where no provider is to be asked: what the desk collects is brought in line at once.
    """
    async with runtime.begin(SERVICE) as uow:
        dues = await uow.get(Dues, dues_id)
        collecting = await running(uow, dues)
        if collecting is not None and collecting.provider == AT_THE_DESK:
            await align_by_hand(uow, dues, collecting)
            return None
        pages = await uow.connection.execute(
            select(tables.checkout.c.provider_id).where(
                tables.checkout.c.subscription_id == (collecting.id if collecting else None),
                tables.checkout.c.status == "open",
                tables.checkout.c.provider_id.is_not(None),
            )
        )
        wanted = dues.wanted(uow.now, collecting.anchor if collecting is not None else None)
        if collecting is not None and collecting.provider_id is not None:
            dues.asked_until = wanted.until
        elif collecting is not None and collecting.status != PENDING and dues.contract_ended:
            collecting.close(uow.now)
        return _Intent(
            wanted=wanted,
            terms=dues.collected_terms,
            sold=dues.terms,
            frozen=dues.begun(uow.now),
            ends_at=dues.collect_until,
            subscription_id=collecting.provider_id if collecting is not None else None,
            open_checkouts=tuple(pages.scalars()),
        )


async def _release(
    provider: PaymentProvider, found: ProviderSubscription, intent: _Intent
) -> list[Subject]:
    """Once the rest is over, have collected what fell due in it, but for the days of the rest."""
    if intent.wanted.paused or intent.wanted.stopped or found.given_up:
        return []
    held = await provider.held_back(found.id)
    for each in held:
        amount = sum(line.amount for line in each.lines if not line.proration and not line.rest)
        days = cycle.left_out(intent.sold, each.period, intent.frozen)
        taken_off = cycle.taken_off(
            intent.sold, amount, each.period, frozen=intent.frozen, until=intent.ends_at
        )
        await provider.release(
            each.id,
            customer_id=found.customer_id,
            taken_off=Money(taken_off, each.amount.currency),
            text=f"{intent.sold.plan_name}: {len(days)} days frozen",
        )
    return [Subject("invoice", each.id) for each in held]


async def _instruct(
    provider: PaymentProvider,
    found: ProviderSubscription,
    wanted: Collection,
    terms: Terms | None,
) -> None:
    if wanted.stopped:
        await provider.cancel(found.id)
        return
    if terms is not None and found.price != terms.price:
        await provider.reprice(found.id, terms)
    if terms is not None and discount_differs(terms, found):
        await provider.discount(found.id, terms, holds=not found.discounted)
    if wanted.until != found.ends_at:
        await provider.collect_until(found.id, wanted.until)
    if wanted.paused != found.collection_paused:
        await provider.pause(found.id, paused=wanted.paused)
