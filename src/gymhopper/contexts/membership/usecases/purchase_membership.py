"""Buy a membership: a contract that waits for its first payment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import DateOutOfRange, NotForYou, StalePrice
from gymhopper.contexts.membership.domain.home import check_home
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.offer import Intro
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.price_list import Place, confirm
from gymhopper.contexts.membership.domain.promo_code import PromoCode, first_charge
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven, keep_agreement
from gymhopper.contexts.membership.usecases.name_payer import NamedPayer, name_payer
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.redeem_promo_code import code_for, redeem
from gymhopper.contracts.membership.events import Home
from gymhopper.contracts.venues.api import Location
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

LONGEST_WAIT = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseMembership:
    """What a member buys, at the price that was shown; it starts today when no day is given.

    `first_charge` is what was shown to be charged first with the promo code.
    """

    member_id: UUID
    plan_id: UUID
    price_id: UUID
    shown: Money
    agreement: AgreementGiven
    joining_fee: Money | None = None
    promo_code: str | None = None
    first_charge: Money | None = None
    place: Place | None = None
    starts_on: date | None = None
    home: Location | None = None
    payer: NamedPayer | None = None


async def purchase_membership(uow: UnitOfWork, command: PurchaseMembership) -> MembershipView:
    """Sell the plan to the member, on the plan's terms as they are now.

    Raises StalePrice when the price shown is not the one that holds, NotForYou when the plan is an
    introduction that the member had, why a promo code cannot be redeemed, PlanWithdrawn,
    HomeMissing and NoHome about the home location, and NotFound when the plan is another
    organisation's.
    """
    member = await uow.get(Member, command.member_id)
    plan = await uow.session.get(Plan, command.plan_id)
    if plan is None or plan.organisation_id != member.organisation_id:
        raise NotFound("There is no plan with this id.", field="plan_id")
    price = await uow.session.get(Price, command.price_id)
    if price is None or price.plan_id != plan.id:
        raise NotFound("The plan has no price with this id.", field="price_id")
    today = local_date(uow.now, plan.zone)
    plan.check_on_sale(today)
    confirm(
        await prices_of(uow, plan.id),
        price,
        shown=command.shown,
        joining_fee=command.joining_fee,
        day=today,
        channel=command.agreement.channel,
        place=command.place,
    )
    check_home(plan.coverage, command.home)
    if plan.offer.intro is not None:
        await introduce(uow, plan.offer.intro, member, plan.id)
    starts_on = command.starts_on or today
    if not today <= starts_on <= today + LONGEST_WAIT:
        raise DateOutOfRange(
            f"It can start from today on, within {LONGEST_WAIT.days} days.", field="starts_on"
        )
    code = await _redeemed(uow, command, member, plan, price)
    membership = sell(uow, member, plan, price, starts_on)
    membership.discount = None if code is None else code.discount
    if command.home is not None:
        membership.homes = (Home(location_id=command.home.location_id, start=uow.now),)
    await name_payer(uow, membership, member, command.payer)
    uow.add(membership)
    await uow.flush()
    if code is not None:
        await redeem(uow, code, membership)
    keep_agreement(uow, member, command.agreement, membership_id=membership.id)
    await publish(uow, membership, membership.purchased(uow.now))
    return view(membership, uow.now)


def sell(uow: UnitOfWork, member: Member, plan: Plan, price: Price, starts_on: date) -> Membership:
    """A pending membership with the plan's terms copied: they stay as sold."""
    sold = Membership(
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
        offer=plan.offer,
        joining_fee_amount=price.joining_fee_amount,
        tax_included=price.tax_included,
    )
    sold.runs_until = sold.pass_ends
    # From the start on it opens doors by its credits, of which there are none before it is paid.
    sold.credits = None if plan.offer.pack is None else 0
    return sold


async def _redeemed(
    uow: UnitOfWork, command: PurchaseMembership, member: Member, plan: Plan, price: Price
) -> PromoCode | None:
    """The code that was named, held for the member, if it comes to what was shown."""
    if command.promo_code is None:
        return None
    code = await code_for(uow, command.promo_code, member, plan, price)
    if command.first_charge != first_charge(price, code.discount):
        raise StalePrice("The code takes something else off. Ask again.", field="first_charge")
    return code


async def prices_of(uow: UnitOfWork, plan_id: UUID) -> Sequence[Price]:
    """All that the plan has, also those of other days."""
    asked = select(Price).where(tables.price.c.plan_id == plan_id).order_by(tables.price.c.id)
    return (await uow.session.scalars(asked)).all()


async def introduce(uow: UnitOfWork, intro: Intro, member: Member, plan_id: UUID) -> None:
    """Raise NotForYou unless it is new to the member, whose row is held against a second try.

    What ended before it began was never had.
    """
    had = tables.membership.c
    plans = await uow.connection.execute(
        select(had.plan_id).where(
            had.organisation_id == member.organisation_id,
            had.person_id == member.person_id,
            or_(had.contract != "ended", had.end_at > had.start_at),
        )
    )
    before = set(plans.scalars())
    if intro.new_here and before - {plan_id}:
        raise NotForYou("This is for people who are new here.", field="plan_id")
    if intro.once_per_person and plan_id in before:
        raise NotForYou("This can be had once.", field="plan_id")
