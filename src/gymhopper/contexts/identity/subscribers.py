"""What staff reports, followed."""

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.usecases import follow_assignment
from gymhopper.contracts.staff.events import AssignmentEnded, AssignmentGranted

subscriptions = Subscriptions()


@subscriptions.on(AssignmentGranted)
async def assignment_granted(uow: UnitOfWork, event: AssignmentGranted, envelope: Envelope) -> None:
    """The employee's account may act for it."""
    await follow_assignment.take_over_assignment(uow, event, envelope.aggregate_version)


@subscriptions.on(AssignmentEnded)
async def assignment_ended(uow: UnitOfWork, event: AssignmentEnded, envelope: Envelope) -> None:
    """Sessions that act for it stop at its end, which may be now."""
    await follow_assignment.end_assignment(
        uow, event.assignment_id, event.until, envelope.aggregate_version
    )
