"""Another price for what was sold: announced, taken back, in force."""

from datetime import datetime
from uuid import UUID

import msgspec

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.terms import with_tax
from gymhopper.contexts.billing.usecases.follow_contract import (
    defer_alignment,
    dues_of_membership,
)
from gymhopper.contexts.billing.usecases.open_dues import rate_of
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.money import Money


async def price_will_change(
    uow: UnitOfWork, membership_id: UUID, price: Money | None, effective_at: datetime | None
) -> None:
    """Periods from then on are asked for at that price; None: at the present one after all."""
    dues = await dues_of_membership(uow, membership_id)
    if dues is None:
        return
    terms = dues.terms
    if price is not None and effective_at is not None and not terms.tax_included:
        on = local_date(effective_at, terms.zone)
        rate = await rate_of(uow, terms.legal_entity_id, terms.tax_code, on)
        price = with_tax(price, rate)
    dues.terms = msgspec.structs.replace(terms, next_price=price, next_price_from=effective_at)


async def price_changed(
    uow: UnitOfWork, membership_id: UUID, price: Money, effective_at: datetime
) -> None:
    """The price holds by now; whoever collects is told."""
    await price_will_change(uow, membership_id, price, effective_at)
    dues = await dues_of_membership(uow, membership_id)
    if dues is None or dues.terms.next_price is None:
        return
    dues.terms = msgspec.structs.replace(
        dues.terms, price=dues.terms.next_price, next_price=None, next_price_from=None
    )
    await defer_alignment(uow, dues.id)
