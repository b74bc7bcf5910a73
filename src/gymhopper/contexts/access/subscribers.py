"""What access takes over from other contexts."""

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.bookings import of_appointment, of_booking
from gymhopper.contexts.access.usecases import follow_waiver
from gymhopper.contexts.access.usecases.follow_booking import BookingNews, follow_bookings
from gymhopper.contexts.access.usecases.follow_location import LocationNews, follow_locations
from gymhopper.contexts.access.usecases.follow_membership import MembershipNews, follow_memberships
from gymhopper.contexts.access.usecases.follow_merge import follow_merge
from gymhopper.contexts.access.usecases.hand_over_usage import GO_OVER
from gymhopper.contexts.access.usecases.survivors import Survivor
from gymhopper.contracts.membership import events as membership
from gymhopper.contracts.scheduling import events as scheduling
from gymhopper.contracts.scheduling.appointments import events as appointments
from gymhopper.contracts.venues.events import LocationChanged, LocationOpened

subscriptions = Subscriptions()


@subscriptions.on(LocationOpened, LocationChanged)
async def location_is_different(
    uow: UnitOfWork, event: LocationOpened | LocationChanged, envelope: Envelope
) -> None:
    """Doors carry their location's tier, city, zone and hours."""
    uow.collect(follow_locations, LocationNews(envelope.aggregate_version, event.location))


@subscriptions.on(membership.MembersMerged)
async def members_merged(uow: UnitOfWork, event: membership.MembersMerged, _: Envelope) -> None:
    """Either one's cards open from now on what both together may open."""
    # What was heard before it is stored before it.
    await uow.flush()
    await follow_merge(
        uow,
        organisation_id=event.organisation_id,
        person_id=event.merged_person_id,
        into=Survivor(event.member_id, event.person_id),
    )


@subscriptions.on(membership.WaiverPublished)
async def waiver_published(uow: UnitOfWork, event: membership.WaiverPublished, _: Envelope) -> None:
    """Whoever has not signed it stays outside from its first day on."""
    await follow_waiver.waiver_published(uow, event)


@subscriptions.on(membership.WaiverRetired)
async def waiver_retired(uow: UnitOfWork, event: membership.WaiverRetired, _: Envelope) -> None:
    """It closes no door any more."""
    await follow_waiver.waiver_retired(uow, event)


@subscriptions.on(membership.WaiverSigned)
async def waiver_signed(uow: UnitOfWork, event: membership.WaiverSigned, _: Envelope) -> None:
    """Whoever signed comes in."""
    await uow.flush()
    await follow_waiver.waiver_signed(uow, event)


@subscriptions.on(membership.GuestPassIssued, membership.GuestPassWithdrawn)
async def guest_pass_is_different(
    uow: UnitOfWork,
    event: membership.GuestPassIssued | membership.GuestPassWithdrawn,
    envelope: Envelope,
) -> None:
    """A guest's right is compiled beside whatever else the guest may do."""
    uow.collect(follow_memberships, MembershipNews(envelope.aggregate_version, event.right))


@subscriptions.on(
    scheduling.BookingMade,
    scheduling.BookingWaitlisted,
    scheduling.BookingOffered,
    scheduling.BookingOfferEnded,
    scheduling.BookingPromoted,
    scheduling.BookingMoved,
    scheduling.BookingCancelled,
    scheduling.LateCancelUndone,
    scheduling.BookingAttended,
    scheduling.BookingMissed,
    scheduling.AttendanceTakenBack,
)
async def booking_is_different(
    uow: UnitOfWork, event: scheduling.BookingEvent, envelope: Envelope
) -> None:
    """Whoever has a place in a class may enter around its time."""
    uow.collect(follow_bookings, BookingNews(envelope.aggregate_version, of_booking(event.booking)))


@subscriptions.on(
    appointments.AppointmentBooked,
    appointments.AppointmentCancelled,
    appointments.AppointmentAttended,
    appointments.AppointmentAttendedV1,
    appointments.AppointmentMissed,
    appointments.AppointmentAttendanceTakenBack,
)
async def appointment_is_different(
    uow: UnitOfWork, event: appointments.AppointmentEvent, envelope: Envelope
) -> None:
    """Whoever has an appointment may enter around its time."""
    news = BookingNews(envelope.aggregate_version, of_appointment(event.appointment))
    uow.collect(follow_bookings, news)


@subscriptions.on(
    membership.MembershipPurchased,
    membership.MembershipActivated,
    membership.MembershipRenewed,
    membership.MembershipFellOverdue,
    membership.MembershipDebtCleared,
    membership.MembershipCancellationScheduled,
    membership.MembershipCancellationRevoked,
    membership.MembershipEnded,
    membership.MembershipOverlayChanged,
    membership.MembershipSponsorshipChanged,
    membership.MembershipCreditsChanged,
    membership.MembershipCreditsRefunded,
    membership.MembershipCreditOverdrawn,
    membership.MembershipHomeMoved,
    membership.MembershipPlanChanged,
    membership.MembershipTransferScheduled,
    membership.MembershipTransferCalledOff,
)
async def membership_is_different(
    uow: UnitOfWork, event: membership.MembershipEvent, envelope: Envelope
) -> None:
    """A person's grants follow from the memberships that the person holds."""
    uow.collect(follow_memberships, MembershipNews(envelope.aggregate_version, event.membership))


@subscriptions.on(membership.MembershipTransferred)
async def membership_went_over(
    uow: UnitOfWork, event: membership.MembershipTransferred, envelope: Envelope
) -> None:
    """Its visits go on counting, for whoever has it now."""
    heir = event.membership
    uow.collect(follow_memberships, MembershipNews(envelope.aggregate_version, heir))
    await uow.defer(
        GO_OVER,
        lock=str(heir.person_id),
        person_id=str(event.from_person_id),
        membership_id=str(event.from_membership_id),
        to_person_id=str(heir.person_id),
        heir_id=str(heir.membership_id),
    )
