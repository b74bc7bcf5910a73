"""What scheduling takes over from other contexts."""

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.usecases.follow_location import follow_location
from gymhopper.contexts.scheduling.usecases.follow_membership import (
    MembershipNews,
    follow_memberships,
)
from gymhopper.contexts.scheduling.usecases.follow_merge import follow_merge
from gymhopper.contexts.scheduling.usecases.follow_visit import follow_visit
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.membership import events as membership
from gymhopper.contracts.membership.credits.events import MembershipCreditsCounted
from gymhopper.contracts.venues.events import LocationChanged, LocationOpened

subscriptions = Subscriptions()


@subscriptions.on(LocationOpened, LocationChanged)
async def location_is_different(
    uow: UnitOfWork, event: LocationOpened | LocationChanged, envelope: Envelope
) -> None:
    """Classes are by their place's zone, and found by where it is."""
    await follow_location(uow, envelope.aggregate_version, event.location)


@subscriptions.on(VisitRecorded)
async def visit_recorded(uow: UnitOfWork, event: VisitRecorded, _: Envelope) -> None:
    """Who came counts, and attended what they had booked."""
    await follow_visit(uow, event)


@subscriptions.on(membership.MembersMerged)
async def members_merged(uow: UnitOfWork, event: membership.MembersMerged, _: Envelope) -> None:
    """What either one booked is the survivor's."""
    # What was heard before it is stored before it.
    await uow.flush()
    await follow_merge(uow, event)


@subscriptions.on(
    membership.MembershipPurchased,
    membership.MembershipActivated,
    membership.MembershipRenewed,
    membership.MembershipFellOverdue,
    membership.MembershipDebtCleared,
    membership.MembershipDebtStageReached,
    membership.MembershipCancellationScheduled,
    membership.MembershipCancellationRevoked,
    membership.MembershipEnded,
    membership.MembershipOverlayChanged,
    membership.MembershipSponsorshipChanged,
    membership.MembershipHomeMoved,
    membership.MembershipPlanChanged,
    membership.MembershipTransferScheduled,
    membership.MembershipTransferCalledOff,
    membership.MembershipTransferred,
)
async def membership_is_different(
    uow: UnitOfWork, event: membership.MembershipEvent, envelope: Envelope
) -> None:
    """What can be booked follows from what is held."""
    uow.collect(follow_memberships, MembershipNews(envelope.aggregate_version, event.membership))


@subscriptions.on(MembershipCreditsCounted)
async def credits_are_different(
    uow: UnitOfWork, event: MembershipCreditsCounted, envelope: Envelope
) -> None:
    """The ledger says what is left, and of which booking it has heard."""
    news = MembershipNews(
        envelope.aggregate_version, event.membership, event.lots, event.booking_id
    )
    uow.collect(follow_memberships, news)
