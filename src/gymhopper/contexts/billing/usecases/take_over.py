"""Take a fetched snapshot over into our records, and say what is different."""

from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim, Refund, given_back
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.provider import (
    ProviderCheckout,
    ProviderInvoice,
    ProviderRefund,
    ProviderSubscription,
)
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.fetch_snapshot import (
    Charge,
    Found,
    OtherCards,
    SavedCard,
)
from gymhopper.contexts.billing.usecases.follow_contract import defer_alignment
from gymhopper.contexts.billing.usecases.keep_books import (
    book_payment,
    book_recovered,
    book_refund,
    book_refund_returned,
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
        claims = await claims_of(uow, dues)
        claim = _claimed(claims, snapshot.invoice)
        if claim is None and snapshot.invoice.status != "draft":
            claim = _claim(dues, subscription, snapshot.invoice)
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
    dues_id = await uow.session.scalar(
        select(table.c.dues_id).where(
            table.c.id == charge.claim_id, table.c.provider == charge.provider
        )
    )
    if dues_id is None:
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
    """Whether the provider collects from somebody who must not be charged, or would go on beyond
    what was sold."""
    wanted = dues.wanted(uow.now, found.anchor)
    endless = dues.terms.periods is not None and wanted.until != found.ends_at
    rests = wanted.paused and not found.collection_paused
    return not found.ended and (wanted.stopped or rests or (found.begun and endless))


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
    events = _payments(uow, claim, payments, found)
    await follow_credit(uow, dues, claim, payments, found)
    await settle_surplus(uow, dues, claim, payments)
    given_up = claim.written_off
    changed = dues.change.terms if dues.change is not None else None
    events += claim.follow(found, payments, dues.terms, fence, uow.now, changed) or []
    await uow.flush()
    await invoice_claim(uow, dues, claim)
    await book_recovered(uow, dues, claim, given_up)
    for payment in payments:
        if payment.id not in taken:
            await book_payment(uow, dues, claim, payment)
        await book_taken_back(uow, dues, claim, payment, taken.get(payment.id, 0))
    events += await _refunds(uow, dues, claim, payments, found)
    debt = dues.count_debt(claims)
    return [*events, debt] if debt is not None else events


def _claimed(claims: list[Claim], found: ProviderInvoice) -> Claim | None:
    return next((each for each in claims if each.provider_invoice_id == found.id), None)


def _claim(dues: Dues, subscription: Subscription, found: ProviderInvoice) -> Claim:
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
    )


def _payments(
    uow: UnitOfWork, claim: Claim, known: list[Payment], found: ProviderInvoice
) -> list[Event]:
    """What the provider collected: new payments are added, and what was taken back is noted."""
    events: list[Event] = []
    for each in found.payments:
        payment = next((p for p in known if p.provider_payment_id == each.id), None)
        if payment is None:
            payment = Payment(
                id=new_id(),
                claim_id=claim.id,
                organisation_id=claim.organisation_id,
                person_id=claim.person_id,
                provider=claim.provider,
                provider_payment_id=each.id,
                amount=each.amount,
                currency=claim.currency,
                paid_at=each.paid_at,
            )
            uow.add(payment)
            known.append(payment)
        taken = payment.take_back(
            each.taken_back,
            each.taken_back_because,
            membership_id=claim.membership_id,
            now=uow.now,
        )
        events += [taken] if taken is not None else []
    return events


async def _refunds(
    uow: UnitOfWork,
    dues: Dues,
    claim: Claim,
    payments: list[Payment],
    found: ProviderInvoice,
) -> list[Event]:
    rows = await uow.session.scalars(select(Refund).where(tables.refund.c.claim_id == claim.id))
    known = list(rows)
    events: list[Event] = []
    for each in found.refunds:
        source = next(p for p in payments if p.provider_payment_id == each.payment_id)
        refund = next((r for r in known if _same(r, each)), None)
        if refund is None:
            refund = _made_elsewhere(uow, claim, source, each)
            known.append(refund)
        had_gone = refund.status == "succeeded"
        event = refund.follow(each, claim, uow.now)
        if event is not None:
            events.append(event)
            await book_refund(uow, dues, claim, refund, source)
        elif had_gone and refund.status != "succeeded":
            await book_refund_returned(uow, dues, claim, refund, source)
    claim.refunded = given_back(known)
    return events


def _same(refund: Refund, found: ProviderRefund) -> bool:
    return found.id == refund.provider_refund_id or found.reference == refund.id


def _made_elsewhere(
    uow: UnitOfWork, claim: Claim, payment: Payment, found: ProviderRefund
) -> Refund:
    """A refund that somebody made in the provider's own dashboard: access stays as it is."""
    refund = Refund(
        id=new_id(),
        claim_id=claim.id,
        organisation_id=claim.organisation_id,
        person_id=claim.person_id,
        payment_id=payment.id,
        provider_refund_id=found.id,
        amount=found.amount,
        currency=claim.currency,
        actor="provider",
        requested_at=found.created_at,
    )
    uow.add(refund)
    return refund
