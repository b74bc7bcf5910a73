"""What can be asked about plans and prices."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Date, Row, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.offer import Offer
from gymhopper.contexts.membership.domain.plan import SalesChannel
from gymhopper.contexts.membership.domain.price_list import Place, price_that_holds
from gymhopper.contexts.membership.storage import tables
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Interval


class PriceOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a plan."""

    price_id: UUID
    money: Money
    valid_from: date
    valid_until: date | None
    channel: SalesChannel | None
    location_id: UUID | None
    country: str | None
    city: str | None
    joining_fee: Money | None
    tax_included: bool


class PlanOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of the catalogue with all its prices, also those of other days."""

    plan_id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    coverage: Coverage
    interval: Interval
    interval_count: int
    entry_grace_days: int
    freeze_rules: FreezeRules
    conditions: Conditions
    zone: str
    offer: Offer
    on_sale_from: date | None
    on_sale_until: date | None
    prices: tuple[PriceOffer, ...]
    version: int


async def plan_offers(
    connection: AsyncConnection,
    *,
    organisation_id: UUID | None = None,
    plan_id: UUID | None = None,
    after: UUID | None = None,
    sold_at: datetime | None = None,
    limit: int,
) -> list[PlanOffer]:
    """Plans, oldest first, of one organisation or of all: those on sale at an instant, in the zone
    of each, or also those that are not yet or not any more."""
    plan, price = tables.plan.c, tables.price.c
    asked = select(tables.plan).where(plan.status == "offered").order_by(plan.id).limit(limit)
    if organisation_id is not None:
        asked = asked.where(plan.organisation_id == organisation_id)
    if plan_id is not None:
        asked = asked.where(plan.id == plan_id)
    if after is not None:
        asked = asked.where(plan.id > after)
    if sold_at is not None:
        today = cast(func.timezone(plan.zone, literal(sold_at, INSTANT)), Date)
        asked = asked.where(
            or_(plan.on_sale_from.is_(None), plan.on_sale_from <= today),
            or_(plan.on_sale_until.is_(None), plan.on_sale_until > today),
        )
    plans = (await connection.execute(asked)).all()
    prices = await connection.execute(
        select(tables.price)
        .where(price.plan_id.in_([each.id for each in plans]))
        .order_by(price.valid_from, price.id)
    )
    of_plan: dict[UUID, list[PriceOffer]] = {each.id: [] for each in plans}
    for row in prices:
        of_plan[row.plan_id].append(_price_offer(row))
    return [_plan_offer(each, of_plan[each.id]) for each in plans]


async def read_plan(connection: AsyncConnection, plan_id: UUID) -> PlanOffer:
    """The plan, also one that is not sold today; NotFound when there is none with this id."""
    found = await plan_offers(connection, plan_id=plan_id, limit=1)
    if not found:
        raise NotFound("There is no plan with this id.")
    return found[0]


def prices_that_hold(
    plan: PlanOffer, *, day: date, channel: SalesChannel, place: Place | None
) -> list[PriceOffer]:
    """The price that holds in each currency in which there is one."""
    currencies = sorted({each.money.currency for each in plan.prices})
    found = (
        price_that_holds(plan.prices, currency=each, day=day, channel=channel, place=place)
        for each in currencies
    )
    return [each for each in found if each is not None]


def _price_offer(row: Row[Any]) -> PriceOffer:
    return PriceOffer(
        price_id=row.id,
        money=Money(row.amount, row.currency),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        channel=row.channel,
        location_id=row.location_id,
        country=row.country,
        city=row.city,
        joining_fee=None
        if row.joining_fee_amount is None
        else Money(row.joining_fee_amount, row.currency),
        tax_included=row.tax_included,
    )


def _plan_offer(row: Row[Any], prices: Sequence[PriceOffer]) -> PlanOffer:
    return PlanOffer(
        plan_id=row.id,
        organisation_id=row.organisation_id,
        legal_entity_id=row.legal_entity_id,
        name=row.name,
        coverage=row.coverage,
        interval=row.interval,
        interval_count=row.interval_count,
        entry_grace_days=row.entry_grace_days,
        freeze_rules=row.freeze_rules,
        conditions=row.conditions,
        zone=row.zone,
        offer=row.offer,
        on_sale_from=row.on_sale_from,
        on_sale_until=row.on_sale_until,
        prices=tuple(prices),
        version=row.version,
    )
