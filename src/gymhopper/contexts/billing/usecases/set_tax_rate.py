"""Say how a seller's code is taxed from a day on; what is past stays."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.seller import Seller
from gymhopper.contexts.billing.domain.tax import Rate, TaxRate, checked
from gymhopper.contexts.billing.storage.document_tables import tax_rate
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import Conflict, NotFound
from gymhopper.kernel.ids import new_id

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('taxes of ' || :seller, 0))")


class RateInForce(Conflict):
    """Documents were or could have been issued under the rate of that day."""

    code = "rate_in_force"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTaxRate:
    """What `code` means from the local date `valid_from` on."""

    legal_entity_id: UUID
    code: str
    rate: Rate
    valid_from: date


async def seller_of(uow: UnitOfWork, legal_entity_id: UUID) -> Seller:
    """The seller, for a caller who may change what is set for it. Raises NotFound, Forbidden."""
    seller = await uow.session.get(Seller, legal_entity_id)
    if seller is None:
        raise NotFound("There is no legal entity with this id.")
    uow.subject.require_place(legal_entity_id=seller.id)
    return seller


async def set_tax_rate(uow: UnitOfWork, command: SetTaxRate) -> TaxRate:
    """Add a dated rate, or replace one that has not begun; a repeat changes nothing.

    A day in the past is accepted only for a code's first rate. Raises NotFound, InvalidInput,
    RateInForce, and Forbidden for callers who are limited to another place.
    """
    seller = await seller_of(uow, command.legal_entity_id)
    rate = checked(command.rate)
    await uow.connection.execute(_ONE_AT_A_TIME, {"seller": str(seller.id)})
    found = await uow.session.scalars(
        select(TaxRate).where(
            tax_rate.c.legal_entity_id == seller.id, tax_rate.c.code == command.code
        )
    )
    by_day = {each.valid_from: each for each in found}
    same_day = by_day.get(command.valid_from)
    if same_day is not None and same_day.rate == rate:
        return same_day
    today = local_date(uow.now, seller.zone)
    if command.valid_from < today and by_day:
        raise RateInForce("Rates are not changed for days that are past.", field="valid_from")
    if same_day is None:
        same_day = TaxRate(
            id=new_id(),
            organisation_id=seller.organisation_id,
            legal_entity_id=seller.id,
            code=command.code,
            category=rate.category,
            percent=rate.percent,
            exemption=rate.exemption,
            valid_from=command.valid_from,
        )
        uow.add(same_day)
        return same_day
    if command.valid_from <= today:
        raise RateInForce("This rate has begun; set another from tomorrow on.", field="valid_from")
    same_day.category, same_day.percent = rate.category, rate.percent
    same_day.exemption = rate.exemption
    return same_day
