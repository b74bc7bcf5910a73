"""Redeem a promo code with a purchase, and give it back where nothing came of that.

Whoever redeems holds the code's row, so that of two that want the last redemption one gets it.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.promo_code import (
    PromoCode,
    PromoCodeHad,
    PromoCodeNotForYou,
    PromoCodeUnknown,
    PromoRedemption,
    key_of,
)
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.promo_tables import promo_code, promo_redemption
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.ids import new_id

PROMO_HELD = "membership.promo_code_held"
"""The timer that ends what was bought with a code and not paid; its key is the membership's id."""

HELD_FOR = timedelta(days=7)
"""How long a redemption is kept for a purchase that waits for its first payment."""

UNPAID = "Bought with a promo code, and not paid in time"


async def code_for(
    uow: UnitOfWork, code: str, member: Member, plan: Plan, price: Price
) -> PromoCode:
    """The code, held for this member. Raises why it cannot be redeemed."""
    found = await uow.session.scalar(
        select(PromoCode)
        .where(
            promo_code.c.organisation_id == member.organisation_id,
            promo_code.c.code_key == key_of(code),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise PromoCodeUnknown("There is no such code.", field="promo_code")
    if await _had(uow, found.id, member):
        raise PromoCodeHad("This code was redeemed already.", field="promo_code")
    found.check(plan, price.money.currency, local_date(uow.now, plan.zone))
    if found.first_purchase and await _was_member(uow, member):
        raise PromoCodeNotForYou("This code is for people who are new here.", field="promo_code")
    return found


async def redeem(uow: UnitOfWork, code: PromoCode, membership: Membership) -> None:
    """Count the redemption, for the membership whose row is written already."""
    code.redeemed += 1
    code.version += 1
    uow.add(
        PromoRedemption(
            id=new_id(),
            version=1,
            organisation_id=membership.organisation_id,
            promo_code_id=code.id,
            member_id=membership.member_id,
            person_id=membership.person_id,
            membership_id=membership.id,
            redeemed_at=uow.now,
        )
    )
    await uow.schedule(PROMO_HELD, str(membership.id), uow.now + HELD_FOR)


async def give_redemption_back(uow: UnitOfWork, membership: Membership) -> None:
    """The contract is over: where nothing was paid for it, the code can be redeemed again.

    Whoever withdrew has had it.
    """
    if membership.discount is None or membership.paid_from or membership.withdrawn_at:
        return
    found = await uow.session.scalar(
        select(PromoRedemption).where(
            promo_redemption.c.membership_id == membership.id,
            promo_redemption.c.returned_at.is_(None),
        )
    )
    if found is None:
        return
    code = await uow.get(PromoCode, found.promo_code_id)
    code.redeemed -= 1
    code.version += 1
    found.returned_at = uow.now
    found.version += 1


async def _had(uow: UnitOfWork, promo_code_id: UUID, member: Member) -> bool:
    of = promo_redemption.c
    asked = select(of.id).where(
        of.promo_code_id == promo_code_id,
        of.person_id == member.person_id,
        of.returned_at.is_(None),
    )
    return (await uow.connection.execute(asked.limit(1))).first() is not None


async def _was_member(uow: UnitOfWork, member: Member) -> bool:
    """Whether anything was bought before. What ended before it began was never had."""
    had = tables.membership.c
    asked = select(had.id).where(
        had.organisation_id == member.organisation_id,
        had.person_id == member.person_id,
        or_(had.contract != "ended", had.end_at > had.start_at),
    )
    return (await uow.connection.execute(asked.limit(1))).first() is not None
