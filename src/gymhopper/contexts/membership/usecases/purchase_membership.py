"""Buy a membership: a contract that waits for its first payment."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import DateOutOfRange, PlanWithdrawn
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven, keep_agreement
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

LONGEST_WAIT = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseMembership:
    """What a member buys, at the price that was shown; it starts today when no day is given."""

    member_id: UUID
    plan_id: UUID
    price_id: UUID
    shown: Money
    agreement: AgreementGiven
    starts_on: date | None = None


async def purchase_membership(uow: UnitOfWork, command: PurchaseMembership) -> MembershipView:
    """Sell the plan to the member, on the plan's terms as they are now.

    Raises StalePrice when the price shown is not the price, and NotFound when the plan is another
    organisation's.
    """
    member = await uow.get(Member, command.member_id)
    plan = await uow.session.get(Plan, command.plan_id)
    if plan is None or plan.organisation_id != member.organisation_id:
        raise NotFound("There is no plan with this id.", field="plan_id")
    if plan.status != "offered":
        raise PlanWithdrawn("This plan is not sold any more.", field="plan_id")
    price = await uow.session.get(Price, command.price_id)
    if price is None or price.plan_id != plan.id:
        raise NotFound("The plan has no price with this id.", field="price_id")
    today = local_date(uow.now, plan.zone)
    price.confirm(command.shown, today, command.agreement.channel)
    starts_on = command.starts_on or today
    if not today <= starts_on <= today + LONGEST_WAIT:
        raise DateOutOfRange(
            f"It can start from today on, within {LONGEST_WAIT.days} days.", field="starts_on"
        )
    membership = sell(uow, member, plan, price, starts_on)
    uow.add(membership)
    await uow.flush()
    keep_agreement(uow, member, command.agreement, membership_id=membership.id)
    await publish(uow, membership, membership.purchased(uow.now))
    return view(membership, uow.now)


def sell(uow: UnitOfWork, member: Member, plan: Plan, price: Price, starts_on: date) -> Membership:
    """A pending membership with the plan's terms copied: they stay as sold."""
    return Membership(
        id=new_id(),
        organisation_id=member.organisation_id,
        member_id=member.id,
        person_id=member.person_id,
        plan_id=plan.id,
        legal_entity_id=plan.legal_entity_id,
        plan_name=plan.name,
        coverage=plan.coverage,
        interval=plan.interval,
        interval_count=plan.interval_count,
        zone=plan.zone,
        entry_grace_days=plan.entry_grace_days,
        freeze_rules=plan.freeze_rules,
        conditions=plan.conditions,
        price_id=price.id,
        price=price.money,
        starts_on=starts_on,
        purchased_at=uow.now,
    )
