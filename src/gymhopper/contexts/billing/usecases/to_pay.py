"""What a membership that waits for its first payment costs, and whether the caller may pay it."""

from dataclasses import replace
from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.errors import NothingToPay, StalePrice
from gymhopper.contracts.membership.api import MembershipApi, Purchase
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.money import Money


async def to_pay(
    runtime: Runtime, caller: AuthSubject, membership_id: UUID, shown: Money
) -> tuple[Purchase, AuthSubject]:
    """The purchase, and in whose name its books are written.

    Raises NotFound, StalePrice, NothingToPay.
    """
    purchase = await runtime.api(MembershipApi).purchase(membership_id=membership_id)
    if purchase is None or not _may_act_for(caller, purchase):
        raise NotFound("There is no membership with this id.")
    if purchase.price != shown:
        raise StalePrice(f"The price is {purchase.price}.", field="price")
    if purchase.contract not in {"pending", "trialing"}:
        raise NothingToPay("Only a membership that waits for its first payment is paid like this.")
    if purchase.periods == 0:
        raise NothingToPay("This membership ends with its trial: nothing is to be paid for it.")
    if caller.person_id is not None:
        # People see their part of the books; the organisation is who writes them.
        caller = replace(caller, organisation_id=purchase.organisation_id, person_id=None)
    return purchase, caller


def _may_act_for(caller: AuthSubject, purchase: Purchase) -> bool:
    return (
        caller.everywhere
        or caller.organisation_id == purchase.organisation_id
        or caller.acts_as(purchase.person_id, purchase.organisation_id)
    )
