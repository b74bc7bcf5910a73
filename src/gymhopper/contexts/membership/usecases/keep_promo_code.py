"""Make a promo code, and change when and how often it holds."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import DateOutOfRange
from gymhopper.contexts.membership.domain.plan import Plan
from gymhopper.contexts.membership.domain.promo_code import (
    PromoCode,
    PromoCodeStatus,
    PromoCodeTaken,
    key_of,
)
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.promo_tables import promo_code
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

_TAKEN = "There is, or was, a code with this name."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPromoCode:
    """A share or an amount off; see `PromoCode`. It holds from today when no first day is given."""

    organisation_id: UUID
    code: str
    basis_points: int | None = None
    amount: Money | None = None
    periods: int | None = None
    joining_fee: bool = False
    plan_ids: tuple[UUID, ...] | None = None
    first_purchase: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    max_redemptions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPromoCode:
    """All that may be different from now on; what it takes off was sold and stays."""

    valid_from: date
    valid_until: date | None
    max_redemptions: int | None
    status: PromoCodeStatus


async def make_promo_code(uow: UnitOfWork, new: NewPromoCode) -> PromoCode:
    """A code of the organisation. Raises PromoCodeTaken, NotFound for a plan, DateOutOfRange."""
    known = await uow.connection.execute(
        select(promo_code.c.id).where(
            promo_code.c.organisation_id == new.organisation_id,
            promo_code.c.code_key == key_of(new.code),
        )
    )
    if known.first() is not None:
        raise PromoCodeTaken(_TAKEN, field="code")
    await _require_plans(uow, new)
    valid_from = new.valid_from or uow.now.date()
    _check_dates(valid_from, new.valid_until)
    made = PromoCode(
        id=new_id(),
        version=1,
        organisation_id=new.organisation_id,
        code=new.code.strip(),
        code_key=key_of(new.code),
        basis_points=new.basis_points,
        amount=None if new.amount is None else new.amount.amount,
        currency=None if new.amount is None else new.amount.currency,
        periods=new.periods,
        joining_fee=new.joining_fee,
        plan_ids=None if new.plan_ids is None else list(new.plan_ids),
        first_purchase=new.first_purchase,
        valid_from=valid_from,
        valid_until=new.valid_until,
        max_redemptions=new.max_redemptions,
        created_at=uow.now,
    )
    uow.add(made)
    try:
        await uow.flush()
    except IntegrityError as error:
        raise PromoCodeTaken(_TAKEN, field="code") from error
    return made


async def held_promo_code(
    uow: UnitOfWork, promo_code_id: UUID, expected: Expected = ANY
) -> PromoCode:
    """The code, its row held. Raises NotFound, VersionMismatch."""
    found = await uow.session.get(
        PromoCode, promo_code_id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotFound("There is no promo code with this id.")
    expected.require(found)
    return found


def change_promo_code(code: PromoCode, changed: ChangedPromoCode) -> None:
    """Raises DateOutOfRange, TooFewRedemptions."""
    _check_dates(changed.valid_from, changed.valid_until)
    code.allow(changed.max_redemptions)
    code.valid_from, code.valid_until = changed.valid_from, changed.valid_until
    code.status = changed.status
    code.version += 1


def _check_dates(valid_from: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until <= valid_from:
        raise DateOutOfRange("A code holds for a day at least.", field="valid_until")


async def _require_plans(uow: UnitOfWork, new: NewPromoCode) -> None:
    if new.plan_ids is None:
        return
    found = await uow.session.scalars(
        select(Plan).where(
            tables.plan.c.id.in_(new.plan_ids),
            tables.plan.c.organisation_id == new.organisation_id,
        )
    )
    if len(found.all()) != len(set(new.plan_ids)):
        raise NotFound("There is no plan with this id.", field="plan_ids")
