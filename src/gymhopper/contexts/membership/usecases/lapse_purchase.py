"""End what was bought with a promo code and never paid, so that others can redeem it."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.redeem_promo_code import UNPAID


async def lapse_purchase(uow: UnitOfWork, membership_id: UUID) -> None:
    """The time to pay for it is over; what was paid, or has begun, goes on."""
    membership = await uow.get(Membership, membership_id)
    if membership.contract == "pending" and membership.discount is not None:
        await publish(uow, membership, membership.cancel(uow.now, uow.now, UNPAID))
