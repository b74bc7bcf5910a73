"""Buy again what was sold for a time only, from where it ends."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import AlreadyRenewed, HomeMissing
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.price_list import Place, confirm
from gymhopper.contexts.membership.domain.renewal import offered_again, renewed_from
from gymhopper.contexts.membership.queries.memberships import MembershipView, view
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven, keep_agreement
from gymhopper.contexts.membership.usecases.name_payer import NamedPayer, name_payer
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.purchase_membership import prices_of, sell
from gymhopper.contracts.membership.events import Home
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewMembership:
    """Which membership, at the price of today that was shown."""

    membership_id: UUID
    price_id: UUID
    shown: Money
    agreement: AgreementGiven
    place: Place | None = None


async def renew_membership(uow: UnitOfWork, command: RenewMembership) -> MembershipView:
    """Sell the same plan to the same member once more, for the same payer and home.

    Whoever stays pays no joining fee, and tries nothing again. Raises IllegalTransition and
    NotForYou where there is nothing to renew, AlreadyRenewed, PlanWithdrawn, StalePrice, NotFound.
    """
    before = await uow.get(Membership, command.membership_id)
    member = await uow.get(Member, before.member_id)
    plan = await uow.session.get_one(Plan, before.plan_id)
    starts_on = renewed_from(before, uow.now)
    offer = offered_again(plan.offer)
    today = local_date(uow.now, plan.zone)
    plan.check_on_sale(today)
    price = await uow.session.get(Price, command.price_id)
    if price is None or price.plan_id != plan.id:
        raise NotFound("The plan has no price with this id.", field="price_id")
    confirm(
        await prices_of(uow, plan.id),
        price,
        shown=command.shown,
        joining_fee=price.joining_fee,
        day=today,
        channel=command.agreement.channel,
        place=command.place,
    )
    await _require_first(uow, before, starts_on)
    renewed = sell(uow, member, plan, price, starts_on)
    renewed.offer, renewed.joining_fee_amount = offer, None
    renewed.homes = _homes(before, plan, uow.now)
    await name_payer(uow, renewed, member, _payer(before))
    uow.add(renewed)
    await uow.flush()
    keep_agreement(uow, member, command.agreement, membership_id=renewed.id)
    await publish(uow, renewed, renewed.purchased(uow.now))
    return view(renewed, uow.now)


async def _require_first(uow: UnitOfWork, before: Membership, starts_on: date) -> None:
    """Raise AlreadyRenewed when one that follows was bought; `before` is held meanwhile.

    A pack may be bought as often as one likes.
    """
    if before.offer.kind == "pack":
        return
    other = tables.membership.c
    follows = exists().where(
        other.member_id == before.member_id,
        other.plan_id == before.plan_id,
        other.id != before.id,
        other.contract != "ended",
        other.starts_on >= starts_on,
    )
    if (await uow.connection.execute(select(follows))).scalar_one():
        raise AlreadyRenewed("What follows this membership was bought already.")


def _homes(before: Membership, plan: Plan, now: datetime) -> tuple[Home, ...]:
    """The home stays; HomeMissing when the plan has come to need one since."""
    if not any(each.home for each in plan.coverage.include):
        return ()
    if not before.homes:
        raise HomeMissing("This plan has a home location now: buy it, and choose one.")
    return (Home(location_id=before.homes[-1].location_id, start=now),)


def _payer(before: Membership) -> NamedPayer | None:
    if before.payer_id is None or before.payer_kind == "sponsor":
        return None
    return NamedPayer(kind=before.payer_kind, id=before.payer_id)
