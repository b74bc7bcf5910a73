"""Say that a date in a membership's life has come. The dates themselves were told beforehand."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.stop_for_a_time import charge_freeze, watch
from gymhopper.contexts.membership.usecases.tell_of_debt import tell_of_debt


async def reach_end(uow: UnitOfWork, membership_id: UUID) -> None:
    """The contract's end has come."""
    membership = await uow.get(Membership, membership_id)
    await publish(uow, membership, membership.reach_end(uow.now))


async def reach_trial_end(uow: UnitOfWork, membership_id: UUID) -> None:
    """A trial's end has come."""
    membership = await uow.get(Membership, membership_id)
    await publish(uow, membership, membership.reach_trial_end(uow.now))


async def reach_debt_stage(uow: UnitOfWork, membership_id: UUID) -> None:
    """A stage of a debt has come."""
    await tell_of_debt(uow, await uow.get(Membership, membership_id))


async def reach_freeze_fee(uow: UnitOfWork, membership_id: UUID, overlay_id: UUID) -> None:
    """A freeze has run so long that it costs something."""
    await charge_freeze(uow, await uow.get(Membership, membership_id), overlay_id)


async def reach_overlay(uow: UnitOfWork, membership_id: UUID, overlay_id: UUID) -> None:
    """A freeze or block begins or ends; nothing is said of one that was lifted meanwhile."""
    membership = await uow.get(Membership, membership_id)
    overlay = next((each for each in membership.overlays if each.id == overlay_id), None)
    if overlay is None or membership.is_over(uow.now):
        return
    await publish(uow, membership, membership.reach_overlay(overlay_id, uow.now))
    await watch(uow, overlay)
