"""Tell what happened to a membership, and have its end noticed when it comes."""

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.usecases.redeem_promo_code import give_redemption_back
from gymhopper.contracts.membership.events import (
    MembershipCancellationRevoked,
    MembershipEnded,
    MembershipEvent,
    MembershipPurchased,
)

END_REACHED = "membership.end_reached"
DEBT_STAGE_REACHED = "membership.debt_stage_reached"
FREEZE_FEE_DUE = "membership.freeze_fee_due"
OVERLAY_REACHED = "membership.overlay_reached"
TRIAL_REACHED = "membership.trial_reached"


async def publish(uow: UnitOfWork, membership: Membership, event: MembershipEvent | None) -> None:
    """Record the event; None, when nothing became different, records nothing.

    The timer for the end only says that it came: the date itself is in every event, so that
    whoever needs it does not wait for the timer.
    """
    if event is None:
        return
    uow.record(membership, event, organisation_id=membership.organisation_id)
    if membership.end is not None and membership.contract != "ended":
        await uow.schedule(END_REACHED, str(membership.id), membership.end)
    elif isinstance(event, MembershipEnded | MembershipCancellationRevoked):
        await uow.unschedule(END_REACHED, str(membership.id))
    if isinstance(event, MembershipEnded):
        await give_redemption_back(uow, membership)
    if isinstance(event, MembershipPurchased) and membership.trial_until is not None:
        await uow.schedule(TRIAL_REACHED, str(membership.id), membership.trial_until)
