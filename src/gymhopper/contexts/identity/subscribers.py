"""What staff and membership report, followed."""

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.usecases import follow_assignment
from gymhopper.contexts.identity.usecases import follow_guardianship as guarding
from gymhopper.contexts.identity.usecases.follow_merge import follow_merge
from gymhopper.contracts.membership.events import (
    GuardianshipBegan,
    GuardianshipEnded,
    MembersMerged,
)
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


@subscriptions.on(MembersMerged)
async def members_merged(uow: UnitOfWork, event: MembersMerged, _: Envelope) -> None:
    """Accounts that the organisation vouched for act for the survivor."""
    await follow_merge(
        uow,
        organisation_id=event.organisation_id,
        member_id=event.merged_member_id,
        person_id=event.merged_person_id,
        into_member_id=event.member_id,
        into_person_id=event.person_id,
    )


@subscriptions.on(GuardianshipBegan)
async def guardianship_began(uow: UnitOfWork, event: GuardianshipBegan, envelope: Envelope) -> None:
    """The guardian's accounts act for the dependent, too."""
    await guarding.guardianship_began(uow, event, envelope.aggregate_version)


@subscriptions.on(GuardianshipEnded)
async def guardianship_ended(uow: UnitOfWork, event: GuardianshipEnded, envelope: Envelope) -> None:
    """They do so no more."""
    await guarding.guardianship_ended(uow, event, envelope.aggregate_version)
