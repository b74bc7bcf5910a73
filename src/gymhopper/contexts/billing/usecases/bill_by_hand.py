"""Ask for money ourselves, period by period, where no payment provider does it for us."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.keep_books import invoice_claim
from gymhopper.contexts.billing.usecases.open_dues import claims_of, payments_of, running
from gymhopper.contexts.billing.usecases.settle_claim import count_debt, settle_claim
from gymhopper.contexts.billing.usecases.use_credit import (
    only_credit,
    pay_by_credit,
    return_credit,
)
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period

CYCLE_DUE = "billing.cycle_due"
"""The timer that rings when the next period is to be claimed; its key is the id of the dues."""

CLAIM_DUE = "billing.claim_due"
"""The timer that rings when a claim must have been paid; its key is the claim's id."""

BILLED_AHEAD = timedelta(days=7)
"""How long before it begins a period is claimed: people who pay at a desk pay when they come by."""


async def begin_billing(uow: UnitOfWork, dues: Dues, subscription: Subscription) -> Claim:
    """The first claim. It never falls due: until it is paid there is no contract that owes."""
    terms = dues.terms
    period = cycle.first_period(terms)
    claim = open_claim(uow, dues, subscription, period, cycle.first_lines(terms), due_at=None)
    claim.first = True
    subscription.provider_id = f"{AT_THE_DESK}:{subscription.id}"
    subscription.status = "incomplete"
    subscription.amount, subscription.currency = terms.price.amount, terms.price.currency
    subscription.period_start, subscription.period_until = period.start, period.until
    await pay_by_credit(uow, dues, claim)
    await settle_first(uow, dues, subscription, claim)
    return claim


async def settle_first(
    uow: UnitOfWork, dues: Dues, subscription: Subscription, claim: Claim
) -> None:
    """Count again what came in for the first claim. Once it is paid, later periods are asked for.

    The contract begins when it is paid: whoever pays later than the first day was not there on the
    days before, and pays for as many from then on.
    """
    await uow.flush()
    payments = await payments_of(uow, claim.id)
    if claim.paid_at is None and sum(each.kept for each in payments) >= claim.amount:
        paid_on = local_date(
            max((each.paid_at for each in payments), default=uow.now), dues.terms.zone
        )
        if paid_on > dues.terms.starts_on:
            dues.terms = msgspec.structs.replace(dues.terms, starts_on=paid_on)
            period = cycle.first_period(dues.terms)
            claim.lines = cycle.first_lines(dues.terms)
            claim.start, claim.until = period.start, period.until or period.start
            subscription.period_start, subscription.period_until = period.start, period.until
        subscription.status = "active"
        await await_next(uow, dues, subscription)
    await settle_claim(uow, dues, claim)


async def bill_next(uow: UnitOfWork, dues_id: UUID) -> None:
    """Claim the next period, unless the contract has ended by then."""
    dues = await uow.get(Dues, dues_id)
    subscription = await running(uow, dues)
    if subscription is None or subscription.provider != AT_THE_DESK:
        return
    if subscription.status == "incomplete":
        return
    period = _next(dues, subscription)
    if period is None:
        return
    if period.start - BILLED_AHEAD <= uow.now:
        ends = (each for each in (dues.collect_until, dues.charged_until) if each is not None)
        until = min(ends, default=None)
        if dues.contract_ended or (until is not None and until <= period.start):
            return
        terms = dues.terms_at(period.start)
        lines = cycle.lines(terms, period, frozen=dues.frozen, until=until)
        subscription.period_start, subscription.period_until = period.start, period.until
        if lines:
            claim = open_claim(uow, dues, subscription, period, lines, due_at=period.start)
            claim.left_out = cycle.left_out(terms, period, dues.frozen)
            await pay_by_credit(uow, dues, claim)
            await settle_claim(uow, dues, claim)
            await uow.schedule(CLAIM_DUE, str(claim.id), max(period.start, uow.now))
    await await_next(uow, dues, subscription)


async def claim_due(uow: UnitOfWork, claim_id: UUID) -> None:
    """What is not paid by now is overdue."""
    dues_id = await uow.session.scalar(
        select(tables.claim.c.dues_id).where(tables.claim.c.id == claim_id)
    )
    if dues_id is not None:
        dues = await uow.get(Dues, dues_id)
        await settle_claim(uow, dues, await uow.get(Claim, claim_id))


async def align_by_hand(uow: UnitOfWork, dues: Dues, subscription: Subscription) -> None:
    """Follow where the contract's end was moved to: a period beyond it is not asked for."""
    if dues.wanted(uow.now).stopped:
        await _end(uow, dues, subscription)
        return
    until = dues.collect_until
    if until is not None:
        # Should the contract go on after all, they are asked for again.
        await _take_back(uow, dues, subscription, until)
    await count_debt(uow, dues)
    await await_next(uow, dues, subscription)


async def ask_anew(
    uow: UnitOfWork, dues: Dues, subscription: Subscription, start: datetime
) -> None:
    """Periods from there on cost something else: those that were asked for are asked for again."""
    await _take_back(uow, dues, subscription, start)
    await count_debt(uow, dues)
    await await_next(uow, dues, subscription)


async def _take_back(
    uow: UnitOfWork, dues: Dues, subscription: Subscription, start: datetime
) -> None:
    """Drop claims for periods that begin then or later, and of which nothing was paid."""
    beyond = [
        claim
        for claim in await claims_of(uow, dues)
        if claim.kind == "period" and claim.cause is None
        if claim.start >= start and not claim.first and await _unpaid(uow, claim)
    ]
    for claim in beyond:
        await _drop(uow, dues, claim)
    if beyond:
        subscription.period_until = min(claim.start for claim in beyond)


async def _unpaid(uow: UnitOfWork, claim: Claim) -> bool:
    """Asked for at the desk, and no money came in yet; credit that was used can be returned."""
    if claim.provider != AT_THE_DESK or claim.status in {"void", "written_off"}:
        return False
    if claim.refunded or claim.credited or claim.written_off:
        return False
    return only_credit(await payments_of(uow, claim.id))


async def _end(uow: UnitOfWork, dues: Dues, subscription: Subscription) -> None:
    """Claim nothing more. What nothing was given for yet is owed no longer."""
    subscription.status = "canceled"
    subscription.canceled_at = subscription.ended_at = uow.now
    await uow.unschedule(CYCLE_DUE, str(dues.id))
    for claim in await claims_of(uow, dues):
        given = claim.start <= uow.now and not (claim.first and claim.paid_at is None)
        if not given and await _unpaid(uow, claim):
            await _drop(uow, dues, claim)
    await count_debt(uow, dues)


async def _drop(uow: UnitOfWork, dues: Dues, claim: Claim) -> None:
    claim.drop()
    await return_credit(uow, dues, claim)
    await invoice_claim(uow, dues, claim)
    await uow.unschedule(CLAIM_DUE, str(claim.id))


def _next(dues: Dues, subscription: Subscription) -> Period | None:
    if subscription.period_until is None:
        return None
    billed_until = subscription.period_until
    return cycle.next_period(dues.terms_at(billed_until), billed_until, dues.charged_until)


async def await_next(uow: UnitOfWork, dues: Dues, subscription: Subscription) -> None:
    """Ring when the next period is to be asked for."""
    period = _next(dues, subscription)
    if period is not None:
        await uow.schedule(CYCLE_DUE, str(dues.id), period.start - BILLED_AHEAD)


def open_claim(
    uow: UnitOfWork,
    dues: Dues,
    subscription: Subscription,
    period: Period,
    lines: tuple[Line, ...],
    *,
    due_at: datetime | None,
    cause: UUID | None = None,
) -> Claim:
    """Money that we ask for ourselves."""
    claim_id, amount = new_id(), sum(line.amount for line in lines)
    claim = Claim(
        id=claim_id,
        dues_id=dues.id,
        organisation_id=dues.organisation_id,
        person_id=dues.person_id,
        membership_id=dues.membership_id,
        billing_account_id=dues.billing_account_id,
        subscription_id=subscription.id,
        provider=AT_THE_DESK,
        provider_invoice_id=f"{AT_THE_DESK}:{claim_id}",
        cause=cause,
        lines=lines,
        amount=amount,
        outstanding=amount,
        currency=dues.currency,
        start=period.start,
        until=period.until or period.start,
        first=False,
        due_at=due_at,
    )
    uow.add(claim)
    return claim
