"""Offer a plan, and give it prices."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.errors import DateOutOfRange
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.offer import RECURRING, Offer
from gymhopper.contexts.membership.domain.plan import Plan, Price, SalesChannel
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.venues.api import LegalEntity
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Interval, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A price on the days `[valid_from, valid_until)`; from today when no first day is given.

    It is for one location, for a city with its country, for a country, or for everywhere.
    """

    money: Money
    valid_from: date | None = None
    valid_until: date | None = None
    channel: SalesChannel | None = None
    location_id: UUID | None = None
    country: str | None = None
    city: str | None = None
    joining_fee: Money | None = None
    tax_included: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPlan:
    """A plan as its legal entity, fetched beforehand, will sell it."""

    seller: LegalEntity
    name: str
    coverage: Coverage
    interval: Interval
    interval_count: int
    entry_grace_days: int
    freeze_rules: FreezeRules
    conditions: Conditions = field(default_factory=Conditions)
    offer: Offer = RECURRING
    on_sale_from: date | None = None
    on_sale_until: date | None = None
    prices: tuple[NewPrice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPlan:
    """The ids of the plan and of its prices, in the order in which they were given."""

    plan_id: UUID
    price_ids: tuple[UUID, ...]


async def offer_plan(uow: UnitOfWork, command: OfferPlan) -> OfferedPlan:
    """Add a plan to the catalogue. Its contracts live in the zone of the legal entity.

    Raises UnfitOffer when what it says does not go with its kind.
    """
    command.offer.check(Term(command.interval, command.interval_count), command.conditions)
    plan = Plan(
        id=new_id(),
        organisation_id=command.seller.organisation_id,
        legal_entity_id=command.seller.legal_entity_id,
        name=command.name,
        coverage=command.coverage,
        interval=command.interval,
        interval_count=command.interval_count,
        entry_grace_days=command.entry_grace_days,
        freeze_rules=command.freeze_rules,
        zone=command.seller.zone,
        conditions=command.conditions,
        created_at=uow.now,
        offer=command.offer,
        on_sale_from=command.on_sale_from,
        on_sale_until=command.on_sale_until,
        version=1,
    )
    uow.add(plan)
    return OfferedPlan(
        plan_id=plan.id,
        price_ids=tuple(_price(uow, plan, each) for each in command.prices),
    )


async def add_price(
    uow: UnitOfWork, plan_id: UUID, price: NewPrice, expected: Expected = ANY
) -> UUID:
    """Give the plan a further price; those that exist are never changed."""
    plan = await uow.get(Plan, plan_id)
    expected.require(plan)
    plan.version += 1
    return _price(uow, plan, price)


def _price(uow: UnitOfWork, plan: Plan, new: NewPrice) -> UUID:
    valid_from = new.valid_from or local_date(uow.now, plan.zone)
    if new.valid_until is not None and new.valid_until <= valid_from:
        raise DateOutOfRange("A price is valid for a day at least.", field="valid_until")
    fee = new.joining_fee
    if fee is not None and fee.currency != new.money.currency:
        raise InvalidInput("A price has one currency.", field="joining_fee")
    price = Price(
        id=new_id(),
        plan_id=plan.id,
        organisation_id=plan.organisation_id,
        money=new.money,
        valid_from=valid_from,
        valid_until=new.valid_until,
        channel=new.channel,
        created_at=uow.now,
        location_id=new.location_id,
        country=new.country,
        city=new.city,
        joining_fee_amount=None if fee is None else fee.amount,
        tax_included=new.tax_included,
    )
    uow.add(price)
    return price.id
