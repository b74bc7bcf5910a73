"""Change what was bought to another plan: at once when it is paid, or from the period's end on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.agreement import Channel
from gymhopper.contexts.membership.domain.errors import (
    ChangeNotPossible,
    PlanChangePending,
    StalePrice,
)
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.next_terms import NextTerms, next_terms
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.plan_change import (
    TO_COME,
    PlanChange,
    When,
    bound_until,
    check,
    check_party,
    effective_at,
)
from gymhopper.contexts.membership.domain.price_list import Place, confirm
from gymhopper.contexts.membership.storage import plan_change_tables, tables
from gymhopper.contexts.membership.usecases.change_price import drop_announced
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contracts.billing.api import PlanChangeQuote, PlanChangesApi, QuoteRefusal
from gymhopper.contracts.membership import events
from gymhopper.contracts.membership.plan_changes import PlanChangeRefusal
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

PLAN_CHANGES = "membership.plan_changes"

SHOWN_FOR = timedelta(minutes=15)
"""So long after a preview its amount can be agreed to."""

_REFUSALS: dict[QuoteRefusal, str] = {
    "not_collected": "Nobody collects for this membership yet.",
    "out_of_period": "The period that was looked at is over. Look at the preview again.",
    "other_interval": "A card is charged for periods of another length only from now on.",
    "partly_paid": "A part of the next period was paid. It changes after that one.",
    "left_over": "The old plan's rest is worth more. Change at the period's end.",
    "given_back": "What is left of this period was credited already. Change at its end.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """The plan, at the price that was shown. `charged`, as of `priced_at`, is what the preview
    showed for now, below zero where so much becomes credit; both are None at the period's end."""

    membership_id: UUID
    plan_id: UUID
    price_id: UUID
    shown: Money
    when: When
    channel: Channel
    place: Place | None = None
    reason: str = ""
    charged: Money | None = None
    priced_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChangePreview:
    """What the change costs, from when it holds, and until when the contract binds then."""

    quote: PlanChangeQuote
    effective_at: datetime
    bound_until: date


async def preview_plan_change(
    runtime: Runtime, caller: AuthSubject, command: ChangePlan
) -> PlanChangePreview:
    """What would come of it, to the cent; refused as the change itself would be."""
    now = runtime.clock.now()
    async with runtime.read(caller) as connection, AsyncSession(connection) as session:
        membership = await session.get(Membership, command.membership_id)
        if membership is None:
            raise NotFound("There is no membership with this id.")
        terms = await _agreed(session, membership, command, caller, now)
        at = effective_at(membership, command.when, now)
        bound = bound_until(membership, terms, at, now)
    at_once = command.when == "now"
    quote = await runtime.api(PlanChangesApi).quote(
        membership_id=command.membership_id,
        terms=terms.told(),
        at=(command.priced_at or now).replace(microsecond=0) if at_once else at,
        at_once=at_once,
    )
    if quote.refusal is not None:
        raise ChangeNotPossible(_REFUSALS[quote.refusal], field="when")
    return PlanChangePreview(quote=quote, effective_at=at, bound_until=bound)


async def change_plan(runtime: Runtime, caller: AuthSubject, command: ChangePlan) -> PlanChange:
    """Agree on the change. Raises StalePrice where another amount was shown than is charged."""
    _check_shown(command, runtime.clock.now())
    preview = await preview_plan_change(runtime, caller, command)
    if command.charged is not None and command.charged != preview.quote.charged:
        raise StalePrice(f"{preview.quote.charged} would be charged.", field="charged")
    async with runtime.begin(caller) as uow:
        return await _request(uow, command)


async def undo_plan_change(uow: UnitOfWork, membership_id: UUID, change_id: UUID) -> PlanChange:
    """What was scheduled will not come; IllegalTransition once it is being paid for."""
    membership = await uow.get(Membership, membership_id)
    change = await _held(uow, change_id)
    if change is None or change.membership_id != membership_id:
        raise NotFound("There is no change of plan with this id.")
    if change.status == "requested":
        raise PlanChangePending("This change is being paid for at this moment.")
    change.settle("undone", uow.now)
    await uow.unschedule(PLAN_CHANGES, str(change.id))
    event = events.MembershipPlanChangeUndone(
        membership=membership.state(uow.now), change_id=change.id
    )
    await publish(uow, membership, event)
    return change


async def plan_collected(
    uow: UnitOfWork, membership_id: UUID, change_id: UUID, period_until: datetime
) -> None:
    """A change that was to be paid at once is paid, or owed."""
    membership = await uow.get(Membership, membership_id)
    change = await _held(uow, change_id)
    if change is not None and change.status == "requested":
        await _bring_into_force(uow, membership, change, period_until)


async def plan_declined(
    uow: UnitOfWork, membership_id: UUID, change_id: UUID, refusal: PlanChangeRefusal
) -> None:
    """It was not paid: all is as before."""
    membership = await uow.get(Membership, membership_id)
    change = await _held(uow, change_id)
    if change is None or change.status != "requested":
        return
    change.settle("refused", uow.now)
    change.refusal = refusal
    event = events.MembershipPlanChangeRefused(
        membership=membership.state(uow.now), change_id=change.id, reason=refusal
    )
    await publish(uow, membership, event)


async def reach_plan_change(uow: UnitOfWork, change_id: UUID) -> None:
    """The day of a scheduled change has come."""
    found = await uow.session.get(PlanChange, change_id)
    if found is None:
        return
    membership = await uow.get(Membership, found.membership_id)
    change = await _held(uow, change_id)
    if change is not None and change.status == "scheduled":
        await _bring_into_force(uow, membership, change, None)


async def _bring_into_force(
    uow: UnitOfWork, membership: Membership, change: PlanChange, period_until: datetime | None
) -> None:
    if membership.is_over(uow.now):
        change.settle("lapsed", uow.now)
        return
    change.settle("in_force", uow.now)
    await drop_announced(uow, membership)
    membership.become(change.terms, uow.now, period_until=period_until)
    event = events.MembershipPlanChanged(
        membership=membership.state(uow.now),
        change_id=change.id,
        previous_plan_id=change.previous_plan_id,
    )
    await publish(uow, membership, event)


async def _request(uow: UnitOfWork, command: ChangePlan) -> PlanChange:
    membership = await uow.get(Membership, command.membership_id)
    terms = await _agreed(uow.session, membership, command, uow.subject, uow.now)
    at = effective_at(membership, command.when, uow.now)
    change = PlanChange(
        id=new_id(),
        organisation_id=membership.organisation_id,
        membership_id=membership.id,
        plan_id=terms.plan_id,
        previous_plan_id=membership.plan_id,
        terms=terms,
        effective_at=at,
        priced_at=(command.priced_at or uow.now).replace(microsecond=0),
        charged=None if command.charged is None else command.charged.amount,
        reason=command.reason,
        requested_at=uow.now,
        requested_by=uow.subject.actor,
        status="scheduled" if command.charged is None else "requested",
    )
    uow.add(change)
    await uow.flush()
    if command.charged is None:
        await uow.schedule(PLAN_CHANGES, str(change.id), at)
    await publish(uow, membership, _told(membership, change, command.charged, uow.now))
    return change


def _told(
    membership: Membership, change: PlanChange, charged: Money | None, now: datetime
) -> events.MembershipPlanChangeRequested | events.MembershipPlanChangeScheduled:
    state, terms = membership.state(now), change.terms.told()
    if charged is None:
        return events.MembershipPlanChangeScheduled(
            membership=state, change_id=change.id, terms=terms, effective_at=change.effective_at
        )
    return events.MembershipPlanChangeRequested(
        membership=state,
        change_id=change.id,
        terms=terms,
        priced_at=change.priced_at,
        charged=charged,
    )


async def _agreed(
    session: AsyncSession,
    membership: Membership,
    command: ChangePlan,
    caller: AuthSubject,
    now: datetime,
) -> NextTerms:
    """The terms of the other plan, where they can be agreed on by whoever asks."""
    waiting = plan_change_tables.plan_change.c
    pending = await session.scalar(
        select(waiting.id).where(
            waiting.membership_id == membership.id, waiting.status.in_(TO_COME)
        )
    )
    if pending is not None:
        raise PlanChangePending("Another change of plan is to come. Undo that first.")
    plan = await session.get(Plan, command.plan_id)
    if plan is None or plan.organisation_id != membership.organisation_id:
        raise NotFound("There is no plan with this id.", field="plan_id")
    plan.check_on_sale(local_date(now, plan.zone))
    price = await session.get(Price, command.price_id)
    if price is None or price.plan_id != plan.id:
        raise NotFound("The plan has no price with this id.", field="price_id")
    asked = select(Price).where(tables.price.c.plan_id == plan.id).order_by(tables.price.c.id)
    confirm(
        (await session.scalars(asked)).all(),
        price,
        shown=command.shown,
        # Whoever is a member already does not join again.
        joining_fee=price.joining_fee,
        day=local_date(now, plan.zone),
        channel=command.channel,
        place=command.place,
    )
    terms = next_terms(plan, price)
    check(membership, terms, command.when, now)
    check_party(
        membership,
        terms,
        effective_at(membership, command.when, now),
        now,
        by_member=caller.person_id is not None,
        reason=command.reason,
    )
    return terms


def _check_shown(command: ChangePlan, now: datetime) -> None:
    if command.when == "period_end":
        if command.charged is not None or command.priced_at is not None:
            raise InvalidInput("Nothing is charged at once for this.", field="charged")
        return
    if command.charged is None or command.priced_at is None:
        raise InvalidInput("Say what the preview showed, and for when.", field="charged")
    if not now - SHOWN_FOR < command.priced_at <= now:
        raise StalePrice("The preview is too old. Look at it again.", field="priced_at")


async def _held(uow: UnitOfWork, change_id: UUID) -> PlanChange | None:
    """The change as it is now; its membership is held, so nobody else changes it."""
    found: PlanChange | None = await uow.session.get(PlanChange, change_id, populate_existing=True)
    return found
