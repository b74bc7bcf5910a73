"""Follow a membership that becomes another plan: at once when it is paid, or for later periods.

By card the provider is asked by a job, which may be repeated: what was agreed on is kept before,
and the provider makes each change once. Nothing is different here before it is there.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import cycle, plan_change
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import CardRefused, ProviderRefused
from gymhopper.contexts.billing.domain.left_over import (
    LeftOver,
    given_up,
    left_over,
    left_over_there,
)
from gymhopper.contexts.billing.domain.line import Line, lines_of
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.plan_change import PendingChange
from gymhopper.contexts.billing.domain.provider import ProviderPreview
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.domain.terms import Terms, changed
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.usecases.bill_by_hand import (
    CLAIM_DUE,
    ask_anew,
    await_next,
    open_claim,
)
from gymhopper.contexts.billing.usecases.charge_fee import TIME_TO_PAY
from gymhopper.contexts.billing.usecases.fetch_snapshot import Snapshot, fetch_snapshot
from gymhopper.contexts.billing.usecases.follow_contract import (
    defer_alignment,
    dues_of_membership,
)
from gymhopper.contexts.billing.usecases.grant_credit import grant_credit
from gymhopper.contexts.billing.usecases.open_dues import claims_of, rate_of, running
from gymhopper.contexts.billing.usecases.settle_claim import settle_claim
from gymhopper.contexts.billing.usecases.take_over import take_over
from gymhopper.contexts.billing.usecases.use_credit import pay_by_credit
from gymhopper.contracts.billing.events import PlanChangeCollected, PlanChangeDeclined
from gymhopper.contracts.membership.events import MembershipPlanChangeRequested
from gymhopper.contracts.membership.plan_changes import PlanChangeRefusal, PlanTerms
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

LEFT_OVER = "Left over of the plan before"


async def change_at_once(uow: UnitOfWork, event: MembershipPlanChangeRequested) -> None:
    """Charge what was shown, and collect the other plan from then on."""
    dues = await dues_of_membership(uow, event.membership.membership_id)
    if dues is None or _is_known(dues, event.change_id):
        return
    collecting = await running(uow, dues)
    change = PendingChange(
        change_id=event.change_id,
        terms=await _terms(uow, dues, event.terms, event.priced_at),
        at=event.priced_at,
        charged=event.charged.amount,
    )
    if dues.contract_ended or collecting is None:
        _decline(uow, dues, event.change_id, "not_collected")
    elif collecting.provider == AT_THE_DESK:
        await _change_by_hand(uow, dues, collecting, change)
    else:
        dues.change = change
        await defer_change(uow, dues.id)


async def change_later(
    uow: UnitOfWork, membership_id: UUID, change_id: UUID, terms: PlanTerms, at: datetime
) -> None:
    """Periods from `at` on are asked for at the other plan's price."""
    dues = await dues_of_membership(uow, membership_id)
    if dues is None or _is_known(dues, change_id):
        return
    dues.change = PendingChange(
        change_id=change_id, terms=await _terms(uow, dues, terms, at), at=at
    )
    await _collect_later(uow, dues, at)


async def change_undone(uow: UnitOfWork, membership_id: UUID, change_id: UUID) -> None:
    """They are asked for at the present price after all."""
    dues = await dues_of_membership(uow, membership_id)
    if dues is None or dues.change is None or dues.change.change_id != change_id:
        return
    at, dues.change = dues.change.at, None
    await _collect_later(uow, dues, at)


async def plan_changed(uow: UnitOfWork, membership_id: UUID, change_id: UUID) -> None:
    """The day of a change that was to come is there."""
    dues = await dues_of_membership(uow, membership_id)
    if dues is not None and dues.change is not None and dues.change.change_id == change_id:
        dues.changed()
        await defer_alignment(uow, dues.id)


async def defer_change(uow: UnitOfWork, dues_id: UUID, *, failures: int = 0) -> None:
    """Have the provider asked after the commit, never while it is brought in line."""
    await uow.defer(
        "billing.change_plan",
        lock=f"billing.align_collection:{dues_id}",
        dues_id=str(dues_id),
        failures=failures,
    )


async def change_at_provider(runtime: Runtime, provider: PaymentProvider, dues_id: UUID) -> None:
    """Have the provider charge what was shown and go on with the other plan, or decline."""
    found = await _intend(runtime, dues_id)
    if found is None:
        return
    change, subscription_id = found
    try:
        if not change.told:
            shown = await provider.preview_change(subscription_id, change.terms, change.at)
            agreed = await _note_told(runtime, dues_id, change, shown)
            if agreed is None:
                return
            change = agreed
        invoice_id = await provider.change_plan(
            change.change_id, subscription_id, change.terms, None if change.lines else change.at
        )
    except CardRefused:
        await _decline_pending(runtime, dues_id, change, "card_refused")
        return
    except ProviderRefused:
        await _decline_pending(runtime, dues_id, change, "price_changed")
        return
    subject = Subject("subscription", subscription_id)
    if invoice_id is not None:
        subject = Subject("invoice", invoice_id)
    snapshot = await fetch_snapshot(runtime, provider, subject)
    async with runtime.begin(SERVICE) as uow:
        dues = await uow.get(Dues, dues_id)
        if dues.change is None or dues.change.change_id != change.change_id:
            return
        if isinstance(snapshot, Snapshot):
            collecting = await running(uow, dues)
            await take_over(uow, snapshot)
            over = await _what_is_left_there(uow, dues, change)
            if change.lines and (over is None or collecting is None):
                # Money went back at the same moment; the old price is put back, too.
                await _decline_here(uow, dues, change, "left_over")
                return
            dues.changed()
            if over is not None and collecting is not None:
                await _keep_what_is_left(uow, dues, change, over)
                await _ask_for(uow, dues, collecting, change, over.charged)
            until = snapshot.subscription.current_period.until
            _collected(uow, dues, change.change_id, until or change.at)


async def _intend(runtime: Runtime, dues_id: UUID) -> tuple[PendingChange, str] | None:
    """What the provider is to be asked; None when nothing is, any more."""
    async with runtime.begin(SERVICE) as uow:
        dues = await uow.get(Dues, dues_id)
        change = dues.change
        if change is None or change.charged is None:
            return None
        collecting = await running(uow, dues)
        gone = collecting is None or collecting.provider_id is None or dues.contract_ended
        if gone and not change.told:
            dues.change, dues.last_change = None, change.change_id
            _decline(uow, dues, change.change_id, "not_collected")
            return None
        if collecting is None or collecting.provider_id is None:
            return None
        return change, collecting.provider_id


async def _note_told(
    runtime: Runtime, dues_id: UUID, change: PendingChange, shown: ProviderPreview
) -> PendingChange | None:
    """From here on a repeat must not look at prices again: they may be those of afterwards.

    None where it comes to something else than was agreed on, and is declined.
    """
    async with runtime.begin(SERVICE) as uow:
        dues = await uow.get(Dues, dues_id)
        below = shown.amount.amount < 0
        lines = lines_of(dues.terms, shown.lines, change.terms) if below else ()
        told = msgspec.structs.replace(change, told=True, lines=lines)
        claims = await claims_of(uow, dues)
        if shown.amount.amount != change.charged or given_up(dues.terms, claims, change.at):
            await _decline_here(uow, dues, change, "price_changed")
            return None
        if below and await _what_is_left_there(uow, dues, told) is None:
            await _decline_here(uow, dues, change, "left_over")
            return None
        dues.change = told
        return told


async def _decline_pending(
    runtime: Runtime, dues_id: UUID, change: PendingChange, reason: PlanChangeRefusal
) -> None:
    async with runtime.begin(SERVICE) as uow:
        dues = await uow.get(Dues, dues_id)
        if dues.change is not None and dues.change.change_id == change.change_id:
            await _decline_here(uow, dues, change, reason)


async def _decline_here(
    uow: UnitOfWork, dues: Dues, change: PendingChange, reason: PlanChangeRefusal
) -> None:
    dues.change, dues.last_change = None, change.change_id
    _decline(uow, dues, change.change_id, reason)
    await defer_alignment(uow, dues.id)


async def _change_by_hand(
    uow: UnitOfWork, dues: Dues, collecting: Subscription, change: PendingChange
) -> None:
    old, new = dues.terms, change.terms
    day = local_date(change.at, old.zone)
    lines = plan_change.lines(
        old,
        new,
        day,
        billed_until=collecting.period_until or change.at,
        frozen=dues.frozen,
    )
    dues.last_change = change.change_id
    over = None
    if sum(each.amount for each in lines) < 0:
        over = await _what_is_left(uow, dues, collecting, change)
        if over is None:
            _decline(uow, dues, change.change_id, "left_over")
            return
        lines = over.lines
    if sum(each.amount for each in lines) != change.charged:
        _decline(uow, dues, change.change_id, "price_changed")
        return
    dues.terms = new
    if over is not None:
        await _keep_what_is_left(uow, dues, change, over)
        # What nobody has paid yet is asked for anew.
        await ask_anew(uow, dues, collecting, over.billed_until)
        # What is left over has paid for these already.
        lines = over.charged
    period = plan_change.period_of(new, change.at)
    until = period.until if period is not None else collecting.period_until
    if new.cycle != old.cycle and period is not None:
        collecting.period_start, collecting.period_until = period.start, period.until
    paid_for = None
    if new.cycle != old.cycle and period is not None and lines:
        paid_for = Period(max(each.start for each in lines), period.until)
    claim = await _ask_for(uow, dues, collecting, change, lines, paid_for)
    if over is not None and claim is not None:
        claim.left_out = cycle.left_out(new, Period(claim.start, claim.until), dues.frozen)
    await await_next(uow, dues, collecting)
    _collected(uow, dues, change.change_id, until or change.at)


async def _what_is_left(
    uow: UnitOfWork, dues: Dues, collecting: Subscription, change: PendingChange
) -> LeftOver | None:
    return left_over(
        dues.terms,
        change.terms,
        local_date(change.at, dues.terms.zone),
        claims=await claims_of(uow, dues),
        account_id=dues.billing_account_id,
        billed_until=collecting.period_until or change.at,
        frozen=dues.frozen,
    )


async def _what_is_left_there(
    uow: UnitOfWork, dues: Dues, change: PendingChange
) -> LeftOver | None:
    """None where nothing is."""
    if not change.lines:
        return None
    return left_over_there(
        dues.terms,
        change.terms,
        change.at,
        change.lines,
        claims=await claims_of(uow, dues),
        account_id=dues.billing_account_id,
    )


async def _keep_what_is_left(
    uow: UnitOfWork, dues: Dues, change: PendingChange, over: LeftOver
) -> None:
    """The rest of the old plan is credit from now on."""
    over.give_up()
    if over.given_back:
        await grant_credit(
            uow,
            account_id=dues.billing_account_id,
            legal_entity_id=dues.terms.legal_entity_id,
            amount=Money(over.given_back, dues.currency),
            reason=LEFT_OVER,
            cause=change.change_id,
            membership_id=dues.membership_id,
        )


async def _ask_for(
    uow: UnitOfWork,
    dues: Dues,
    collecting: Subscription,
    change: PendingChange,
    lines: tuple[Line, ...],
    paid_for: Period | None = None,
) -> Claim | None:
    """Claim what the change costs, for the time of its lines unless told; credit pays first."""
    if not sum(each.amount for each in lines):
        return None
    if paid_for is None:
        paid_for = Period(min(each.start for each in lines), max(each.until for each in lines))
    due_at = uow.now + TIME_TO_PAY
    claim = open_claim(
        uow, dues, collecting, paid_for, lines, due_at=due_at, cause=change.change_id
    )
    await pay_by_credit(uow, dues, claim)
    await settle_claim(uow, dues, claim)
    await uow.schedule(CLAIM_DUE, str(claim.id), due_at)
    return claim


async def _collect_later(uow: UnitOfWork, dues: Dues, at: datetime) -> None:
    collecting = await running(uow, dues)
    if collecting is not None and collecting.provider == AT_THE_DESK:
        await ask_anew(uow, dues, collecting, at)
    else:
        await defer_alignment(uow, dues.id)


async def _terms(uow: UnitOfWork, dues: Dues, told: PlanTerms, at: datetime) -> Terms:
    day = local_date(at, dues.terms.zone)
    rate = await rate_of(uow, dues.terms.legal_entity_id, told.tax_code, day)
    return changed(dues.terms, told, rate, day)


def _is_known(dues: Dues, change_id: UUID) -> bool:
    pending = dues.change
    return change_id == dues.last_change or (pending is not None and pending.change_id == change_id)


def _collected(uow: UnitOfWork, dues: Dues, change_id: UUID, until: datetime) -> None:
    event = PlanChangeCollected(
        membership_id=dues.membership_id, change_id=change_id, period_until=until
    )
    uow.record(dues, event, organisation_id=dues.organisation_id)


def _decline(uow: UnitOfWork, dues: Dues, change_id: UUID, reason: PlanChangeRefusal) -> None:
    event = PlanChangeDeclined(membership_id=dues.membership_id, change_id=change_id, reason=reason)
    uow.record(dues, event, organisation_id=dues.organisation_id)
