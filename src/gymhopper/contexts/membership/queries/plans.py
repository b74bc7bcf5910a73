"""What can be asked about plans and prices."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.plan import FreezeRules, SalesChannel
from gymhopper.contexts.membership.domain.terms import Interval
from gymhopper.contexts.membership.storage import tables
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.kernel.money import Money


class PriceOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a plan."""

    price_id: UUID
    money: Money
    valid_from: date
    valid_until: date | None
    channel: SalesChannel | None


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
    prices: tuple[PriceOffer, ...]
    version: int


async def plan_offers(
    connection: AsyncConnection,
    *,
    organisation_id: UUID | None = None,
    plan_id: UUID | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[PlanOffer]:
    """Plans on offer, oldest first, of one organisation or of all."""
    plan, price = tables.plan.c, tables.price.c
    asked = select(tables.plan).where(plan.status == "offered").order_by(plan.id).limit(limit)
    if organisation_id is not None:
        asked = asked.where(plan.organisation_id == organisation_id)
    if plan_id is not None:
        asked = asked.where(plan.id == plan_id)
    if after is not None:
        asked = asked.where(plan.id > after)
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


def _price_offer(row: Row[Any]) -> PriceOffer:
    return PriceOffer(
        price_id=row.id,
        money=Money(row.amount, row.currency),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        channel=row.channel,
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
        prices=tuple(prices),
        version=row.version,
    )
