"""What a membership that waits for its first payment costs, and whether the caller may pay it."""

from dataclasses import replace
from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import NothingToPay, StalePrice
from gymhopper.contexts.billing.domain.terms import resumed
from gymhopper.contexts.billing.usecases.follow_transfer import count_late
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
    if purchase is None or not may_act_for(caller, purchase):
        raise NotFound("There is no membership with this id.")
    if purchase.price != shown:
        raise StalePrice(f"The price is {purchase.price}.", field="price")
    waits = {"active", "under_notice"} if purchase.taken_over else {"pending", "trialing"}
    if purchase.contract not in waits:
        raise NothingToPay("Only a membership that waits for its first payment is paid like this.")
    if purchase.periods == 0:
        raise NothingToPay("This membership ends with its trial: nothing is to be paid for it.")
    if caller.person_id is not None:
        # People see their part of the books; the organisation is who writes them.
        caller = replace(caller, organisation_id=purchase.organisation_id, person_id=None)
    return purchase, caller


def may_act_for(caller: AuthSubject, purchase: Purchase) -> bool:
    """The organisation, the member, and whoever pays."""
    theirs = {purchase.person_id, purchase.paid_by.person_id}
    return (
        caller.everywhere
        or caller.organisation_id == purchase.organisation_id
        or any(caller.acts_as(each, purchase.organisation_id) for each in theirs if each)
    )


async def begin_paying(uow: UnitOfWork, dues: Dues, purchase: Purchase) -> None:
    """Have what was taken over from somebody else be paid for from where that one paid."""
    if not purchase.taken_over:
        return
    await count_late(uow, dues)
    dues.terms = resumed(dues.terms, uow.now)
    if dues.terms.covered_until is None or dues.terms.single or dues.terms.periods == 0:
        raise NothingToPay("Nothing more is to be paid for what was taken over.")
