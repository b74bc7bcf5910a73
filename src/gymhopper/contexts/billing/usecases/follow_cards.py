"""Bring the provider in line with a payer's cards: charge the new one, drop those that were
removed, and try again what could not be collected before.

Each step looks at what is and does what is missing, so it can be repeated and interrupted anywhere.
One runs at a time for each payer.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.cards import to_charge, without
from gymhopper.contexts.billing.domain.errors import ProviderRefused
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.queries.cards import collecting_of, failed_invoices_of
from gymhopper.contexts.billing.storage.card_tables import card_page, removed_card
from gymhopper.contexts.billing.storage.tables import billing_account
from gymhopper.contexts.billing.usecases.fetch_snapshot import Nothing, fetch_snapshot
from gymhopper.contexts.billing.usecases.take_over import take_over


@dataclass(frozen=True, slots=True, kw_only=True)
class _Payer:
    """`added` is the card of the page that was opened last, unless it is charged already; `chosen`
    the one that the payer chose since."""

    account_id: UUID
    customer_id: str
    subscriptions: Sequence[str]
    added: tuple[UUID, str] | None
    chosen: str | None
    removed: frozenset[str]
    to_remove: Sequence[str]


async def follow_cards(runtime: Runtime, provider: PaymentProvider, account_id: UUID) -> None:
    """Do all that is missing; raises what the provider raises when it cannot be asked."""
    payer = await _payer(runtime, account_id)
    if payer is None:
        return
    if payer.added is not None:
        await _use(runtime, provider, payer, *payer.added)
    if payer.chosen is not None:
        await _choose(runtime, provider, payer, payer.chosen)
    for card_id in payer.to_remove:
        await _remove(runtime, provider, payer, card_id)
    await _collect(runtime, provider, payer)


async def _payer(runtime: Runtime, account_id: UUID) -> _Payer | None:
    """What we know; None when the provider does not know the payer."""
    page, gone = card_page.c, removed_card.c
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        account = (
            await connection.execute(
                select(billing_account.c.provider_customer_id, billing_account.c.chosen_card).where(
                    billing_account.c.id == account_id
                )
            )
        ).one_or_none()
        if account is None or account.provider_customer_id is None:
            return None
        # Pages are completed and heard of in any order; the one that was opened last counts.
        last = (
            await connection.execute(
                select(page.id, page.card_id, page.applied_at)
                .where(page.billing_account_id == account_id, page.status == "complete")
                .order_by(page.created_at.desc(), page.id.desc())
                .limit(1)
            )
        ).one_or_none()
        removed = (
            await connection.execute(
                select(gone.card_id, gone.done_at)
                .where(gone.billing_account_id == account_id)
                .order_by(gone.id)
            )
        ).all()
        subscriptions = await collecting_of(connection, account_id)
    names = frozenset(each.card_id for each in removed)
    new = last is not None and last.applied_at is None and last.card_id not in names
    return _Payer(
        account_id=account_id,
        customer_id=account.provider_customer_id,
        subscriptions=subscriptions,
        added=(last.id, last.card_id) if last is not None and new else None,
        chosen=account.chosen_card,
        removed=names,
        to_remove=[each.card_id for each in removed if each.done_at is None],
    )


async def _use(
    runtime: Runtime, provider: PaymentProvider, payer: _Payer, page_id: UUID, card_id: str
) -> None:
    # One that is gone again at the provider cannot be charged, however often we ask.
    with suppress(ProviderRefused):
        await provider.use_card(
            card_id, customer_id=payer.customer_id, subscription_ids=payer.subscriptions
        )
    async with runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            update(card_page).where(card_page.c.id == page_id).values(applied_at=uow.now)
        )


async def _choose(runtime: Runtime, provider: PaymentProvider, payer: _Payer, card_id: str) -> None:
    # One that is gone again at the provider cannot be charged, however often we ask.
    with suppress(ProviderRefused):
        await provider.use_card(
            card_id, customer_id=payer.customer_id, subscription_ids=payer.subscriptions
        )
    account = billing_account.c
    async with runtime.begin(SERVICE) as uow:
        # Another one that was chosen meanwhile has a job of its own.
        await uow.connection.execute(
            update(billing_account)
            .where(account.id == payer.account_id, account.chosen_card == card_id)
            .values(chosen_card=None)
        )


async def _remove(runtime: Runtime, provider: PaymentProvider, payer: _Payer, card_id: str) -> None:
    """Have another card charged where this one was, then give it up."""
    others = without(await provider.cards(payer.customer_id, subscription_id=None), payer.removed)
    instead = to_charge(others)
    if instead is not None and await _is_charged(provider, payer, card_id):
        await provider.use_card(
            instead.id, customer_id=payer.customer_id, subscription_ids=payer.subscriptions
        )
    await provider.remove_card(card_id)
    async with runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            update(removed_card).where(removed_card.c.card_id == card_id).values(done_at=uow.now)
        )


async def _is_charged(provider: PaymentProvider, payer: _Payer, card_id: str) -> bool:
    for subscription_id in (None, *payer.subscriptions):
        cards = await provider.cards(payer.customer_id, subscription_id=subscription_id)
        if any(card.is_default for card in cards if card.id == card_id):
            return True
    return False


async def _collect(runtime: Runtime, provider: PaymentProvider, payer: _Payer) -> None:
    """Try each failed claim once with the card that is charged now."""
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        failed = await failed_invoices_of(connection, payer.account_id)
    for subscription_id, invoices in groupby(failed, key=lambda each: each.subscription_id):
        cards = await provider.cards(payer.customer_id, subscription_id=subscription_id)
        left = without(cards, payer.removed)
        card = to_charge(left)
        if card is None:
            continue
        if not card.is_default:
            await provider.use_card(
                card.id, customer_id=payer.customer_id, subscription_ids=payer.subscriptions
            )
        for each in invoices:
            if await provider.collect_again(each.invoice_id, card_id=card.id):
                found = await fetch_snapshot(runtime, provider, Subject("invoice", each.invoice_id))
                if not isinstance(found, Nothing):
                    async with runtime.begin(SERVICE) as uow:
                        await take_over(uow, found)
