"""Take a fetched snapshot over into our records, and say what is different."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.discounting import discount_differs
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.provider import (
    ProviderCheckout,
    ProviderInvoice,
    ProviderSubscription,
)
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.end_claim_page import (
    complete_claim_page,
    expire_claim_page,
)
from gymhopper.contexts.billing.usecases.fetch_snapshot import (
    Charge,
    Found,
    OtherCards,
    SavedCard,
)
from gymhopper.contexts.billing.usecases.follow_contract import defer_alignment
from gymhopper.contexts.billing.usecases.follow_payments import follow_payments, follow_refunds
from gymhopper.contexts.billing.usecases.keep_books import (
    book_payment,
    book_recovered,
    book_taken_back,
    invoice_claim,
)
from gymhopper.contexts.billing.usecases.notice_cards import (
    defer_following,
    expire_card_page,
    notice_cards,
)
from gymhopper.contexts.billing.usecases.open_dues import claims_of, payments_of
from gymhopper.contexts.billing.usecases.place_credit import place_all
from gymhopper.contexts.billing.usecases.sell_once import keep_if_wanted, sale, sold_by
from gymhopper.contexts.billing.usecases.settle_surplus import settle_surplus
from gymhopper.contexts.billing.usecases.use_credit import follow_credit
from gymhopper.contracts.billing.events import PaymentFailed
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id


async def take_over(uow: UnitOfWork, snapshot: Found) -> str | None:
    """Apply absolute values under the lock of the membership's dues.

    Returns None when it is ours, else why it is not. Anything older than what was applied before
    is passed over without a word: the later snapshot had it in.
    """
    if isinstance(snapshot, SavedCard | OtherCards):
        return await notice_cards(uow, snapshot)
    if isinstance(snapshot, Charge):
        return await _take_over_charge(uow, snapshot)
    found = await _ours(uow, snapshot.provider, snapshot.subscription)
    if found is None:
        return f"{snapshot.subscription.id} is not ours"
    subscription_id, dues_id = found
    dues = await uow.get(Dues, dues_id)
    subscription = await uow.get(Subscription, subscription_id)
    events: list[Event] = []
    status = subscription.status
    if subscription.mirror(snapshot.subscription, snapshot.fence):
        if subscription.status != status:
            await place_all(uow, dues.billing_account_id)
        changed = dues.follow(snapshot.subscription)
        events += [changed] if changed is not None else []
        if _disagrees(dues, snapshot.subscription, uow):
            await defer_alignment(uow, dues.id)
    if snapshot.invoice is not None:
        if snapshot.invoice.held and not subscription.collection_paused:
            await defer_alignment(uow, dues.id)
        claims = await claims_of(uow, dues)
        claim = _claimed(claims, snapshot.invoice)
        if claim is None and snapshot.invoice.status != "draft":
            claim = _claim(uow, dues, subscription, snapshot.invoice)
            uow.add(claim)
            claims.append(claim)
        if claim is not None:
            events += await _settle(uow, dues, claims, claim, snapshot.invoice, snapshot.fence)
    await _complete_checkout(uow, subscription)
    if dues.owed:
        # Perhaps there is another card by now: a look at an invoice tells of the subscription, too.
        await defer_following(uow, dues.billing_account_id)
    for event in events:
        uow.record(dues, event, organisation_id=dues.organisation_id)
    return None


def _has_failed(events: list[Event]) -> bool:
    return any(isinstance(event, PaymentFailed) for event in events)


async def _take_over_charge(uow: UnitOfWork, charge: Charge) -> str | None:
    table = tables.claim
    row = (
        await uow.connection.execute(
            select(table.c.dues_id, table.c.provider, table.c.provider_invoice_id).where(
                table.c.id == charge.claim_id
            )
        )
    ).one_or_none()
    if row is not None and charge.invoice.alone and row.provider_invoice_id != charge.invoice.id:
        await _settle_beside(uow, row.dues_id, charge)
        return None
    dues_id = row.dues_id if row is not None and row.provider == charge.provider else None
    if row is None:
        dues_id = await sold_by(uow, charge.claim_id)
    if dues_id is None:
        return f"{charge.invoice.id} is not ours"
    if charge.invoice.status == "draft":
        # It is still being filled; what it is for we know better.
        return None
    dues = await uow.get(Dues, dues_id)
    claims = await claims_of(uow, dues)
    claim = next((each for each in claims if each.id == charge.claim_id), None)
    if claim is None:
        claim = await sale(uow, charge.claim_id, charge.invoice)
        claims.append(claim)
    claim.provider_invoice_id = charge.invoice.id
    paid_before = claim.paid_at is not None
    events = await _settle(uow, dues, claims, claim, charge.invoice, charge.fence)
    if _has_failed(events):
        await defer_following(uow, dues.billing_account_id)
    for event in events:
        uow.record(dues, event, organisation_id=dues.organisation_id)
    if claim.first and not paid_before:
        await keep_if_wanted(uow, dues, claim)
    return None


async def expire_checkout(uow: UnitOfWork, found: ProviderCheckout) -> None:
    """A page whose time is over can be used no more."""
    await uow.connection.execute(
        update(tables.checkout)
        .where(tables.checkout.c.provider_id == found.id, tables.checkout.c.status == "open")
        .values(status="expired")
    )
    await expire_card_page(uow, found.id)
    await expire_claim_page(uow, found.id)


async def _complete_checkout(uow: UnitOfWork, subscription: Subscription) -> None:
    """The page has done its work once there is a subscription."""
    await uow.connection.execute(
        update(tables.checkout)
        .where(
            tables.checkout.c.subscription_id == subscription.id,
            tables.checkout.c.status == "open",
        )
        .values(status="complete")
    )


async def _ours(
    uow: UnitOfWork, provider: str, found: ProviderSubscription
) -> tuple[UUID, UUID] | None:
    """Our subscription and its dues: by the id that we wrote into theirs, or by theirs."""
    table = tables.subscription
    known = (table.c.provider_id == found.id) | (table.c.id == found.reference)
    row = (
        await uow.connection.execute(
            select(table.c.id, table.c.dues_id)
            .where(table.c.provider == provider, known)
            .order_by(table.c.provider_id.is_(None))
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else (row.id, row.dues_id)


def _disagrees(dues: Dues, found: ProviderSubscription, uow: UnitOfWork) -> bool:
    """Whether the provider collects from somebody who must not be charged, would go on beyond what
    was sold, or takes off the next period what is not to be taken off, or not what is."""
    wanted = dues.wanted(uow.now, found.anchor)
    endless = dues.terms.periods is not None and wanted.until != found.ends_at
    rests = wanted.paused and not found.collection_paused
    differs = endless or discount_differs(dues.collected_terms, found)
    return not found.ended and (wanted.stopped or rests or (found.begun and differs))


async def _settle(
    uow: UnitOfWork,
    dues: Dues,
    claims: list[Claim],
    claim: Claim,
    found: ProviderInvoice,
    fence: int,
) -> list[Event]:
    await uow.flush()
    if fence <= claim.fence:
        return []
    payments = await payments_of(uow, claim.id)
    if claim.knows_more(found, payments):
        return []
    taken = {each.id: each.taken_back for each in payments}
    events = follow_payments(uow, claim, payments, found)
    await follow_credit(uow, dues, claim, payments, found)
    await settle_surplus(uow, dues, claim, payments)
    given_up = claim.written_off
    changed = dues.change.terms if dues.change is not None else None
    events += claim.follow(found, payments, dues.terms, fence, uow.now, changed) or []
    return events + await _keep(uow, dues, claims, claim, payments, taken, given_up, found)


async def _settle_beside(uow: UnitOfWork, dues_id: UUID, charge: Charge) -> None:
    """What came in on a page for a claim that its own invoice asks for no more."""
    dues = await uow.get(Dues, dues_id)
    claims = await claims_of(uow, dues)
    claim = next(each for each in claims if each.id == charge.claim_id)
    payments = await payments_of(uow, claim.id)
    looked = [each.fence for each in payments if each.provider_payment_id == charge.invoice.id]
    if any(fence is None or fence >= charge.fence for fence in looked):
        return
    if not looked:
        await complete_claim_page(uow, claim.id)
    taken = {each.id: each.taken_back for each in payments}
    events = follow_payments(uow, claim, payments, charge.invoice, charge)
    await settle_surplus(uow, dues, claim, payments)
    given_up = claim.written_off
    events += claim.reckon(payments, uow.now)
    events += await _keep(uow, dues, claims, claim, payments, taken, given_up, charge.invoice)
    for event in events:
        uow.record(dues, event, organisation_id=dues.organisation_id)


async def _keep(
    uow: UnitOfWork,
    dues: Dues,
    claims: list[Claim],
    claim: Claim,
    payments: list[Payment],
    taken: Mapping[UUID, int],
    given_up: int,
    found: ProviderInvoice,
) -> list[Event]:
    """Have the documents and the ledger say what is different; `taken` and `given_up` are as they
    were before."""
    await uow.flush()
    await invoice_claim(uow, dues, claim)
    await book_recovered(uow, dues, claim, given_up)
    for payment in payments:
        if payment.id not in taken:
            await book_payment(uow, dues, claim, payment)
        await book_taken_back(uow, dues, claim, payment, taken.get(payment.id, 0))
    events = await follow_refunds(uow, dues, claim, payments, found)
    debt = dues.count_debt(claims)
    return [*events, debt] if debt is not None else events


def _claimed(claims: list[Claim], found: ProviderInvoice) -> Claim | None:
    return next((each for each in claims if each.provider_invoice_id == found.id), None)


def _claim(
    uow: UnitOfWork, dues: Dues, subscription: Subscription, found: ProviderInvoice
) -> Claim:
    rests = dues.begun(uow.now) if found.rested else ()
    return Claim(
        id=new_id(),
        dues_id=dues.id,
        organisation_id=dues.organisation_id,
        person_id=dues.person_id,
        membership_id=dues.membership_id,
        billing_account_id=dues.billing_account_id,
        subscription_id=subscription.id,
        provider=subscription.provider,
        provider_invoice_id=found.id,
        amount=found.amount.amount,
        outstanding=found.outstanding,
        currency=found.amount.currency,
        start=found.period.start,
        until=found.period.until or found.period.start,
        first=found.first,
        left_out=cycle.left_out(dues.terms, found.period, rests),
    )
