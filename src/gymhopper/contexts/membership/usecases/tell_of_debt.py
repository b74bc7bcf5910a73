"""Tell of the stages of a debt as they come. Their dates were told beforehand."""

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.usecases.publish import DEBT_STAGE_REACHED, publish


async def tell_of_debt(uow: UnitOfWork, membership: Membership) -> None:
    """Tell of each stage that has come, end the contract at the last, and wait for the next."""
    while (event := membership.reach_debt_stage(uow.now)) is not None:
        await publish(uow, membership, event)
        if membership.debt_stage == "terminate":
            await publish(uow, membership, membership.terminate(uow.now, uow.now))
    at = membership.next_debt_stage(uow.now)
    if at is None:
        await uow.unschedule(DEBT_STAGE_REACHED, str(membership.id))
    else:
        await uow.schedule(DEBT_STAGE_REACHED, str(membership.id), at)
