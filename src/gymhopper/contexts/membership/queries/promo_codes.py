"""Promo codes, and what a plan costs with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.promo_code import (
    PromoCode,
    PromoCodeUnknown,
    first_charge,
    key_of,
)
from gymhopper.contexts.membership.storage.promo_tables import promo_code
from gymhopper.contracts.membership.discount import Discount
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A plan's price as it is told, the joining fee, and the discount that a code gives."""

    price: Money
    joining_fee: Money | None
    first_charge: Money
    discount: Discount


async def promo_codes(
    connection: AsyncConnection, *, status: str | None, after: UUID | None, limit: int
) -> Sequence[PromoCode]:
    """Those that the caller may see, the oldest first."""
    asked = select(PromoCode).order_by(promo_code.c.id).limit(limit)
    if status is not None:
        asked = asked.where(promo_code.c.status == status)
    if after is not None:
        asked = asked.where(promo_code.c.id > after)
    async with AsyncSession(connection) as session:
        found = (await session.scalars(asked)).all()
        session.expunge_all()
        return found


async def quote(runtime: Runtime, *, plan_id: UUID, price_id: UUID, code: str) -> Quote:
    """What the plan costs whoever names the code: anybody may ask, so nobody's own wall is asked.

    Raises NotFound, PlanWithdrawn, and why the code cannot be redeemed.
    """
    async with runtime.read(SERVICE) as connection, AsyncSession(connection) as session:
        plan = await session.get(Plan, plan_id)
        if plan is None:
            raise NotFound("There is no plan with this id.")
        price = await session.get(Price, price_id)
        if price is None or price.plan_id != plan.id:
            raise NotFound("The plan has no price with this id.", field="price_id")
        today = local_date(runtime.clock.now(), plan.zone)
        plan.check_on_sale(today)
        found = await session.scalar(
            select(PromoCode).where(
                promo_code.c.organisation_id == plan.organisation_id,
                promo_code.c.code_key == key_of(code),
            )
        )
        if found is None:
            raise PromoCodeUnknown("There is no such code.", field="promo_code")
        found.check(plan, price.money.currency, today)
        return Quote(
            price=price.money,
            joining_fee=price.joining_fee,
            first_charge=first_charge(price, found.discount),
            discount=found.discount,
        )
