"""What billing, access and scheduling report, followed. Values are absolute, or bear the version
of what they are about, so repeats and crossings are harmless."""

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.reservation import Costs
from gymhopper.contexts.membership.usecases import follow_billing
from gymhopper.contexts.membership.usecases.change_plan import plan_collected, plan_declined
from gymhopper.contexts.membership.usecases.follow_merge import follow_merge
from gymhopper.contexts.membership.usecases.follow_sponsor_debt import follow_sponsor_debt
from gymhopper.contexts.membership.usecases.follow_visit import follow_visit
from gymhopper.contexts.membership.usecases.grant_credits import grant_bought
from gymhopper.contexts.membership.usecases.invite_guest import use_guest_pass
from gymhopper.contexts.membership.usecases.release_credits import release_credits
from gymhopper.contexts.membership.usecases.reserve_credits import follow_class, reserve_credits
from gymhopper.contexts.membership.usecases.share_debt import change_payer, follow_debt
from gymhopper.contexts.membership.usecases.spend_credit import spend_credit
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PayerChanged,
    PaymentRefunded,
    PaymentSucceeded,
    PlanChangeCollected,
    PlanChangeDeclined,
    SponsorDebtChanged,
    SubscriptionChanged,
)
from gymhopper.contracts.membership.events import MembersMerged
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentAttendanceTakenBack,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentLateCancelUndone,
    AppointmentMissed,
    AppointmentState,
)
from gymhopper.contracts.scheduling.events import (
    AttendanceTakenBack,
    BookingCancelled,
    BookingMade,
    BookingMissed,
    BookingMoved,
    BookingPromoted,
    LateCancelUndone,
)
from gymhopper.contracts.scheduling.state import BookingState
from gymhopper.kernel.period import Period

subscriptions = Subscriptions()


@subscriptions.on(PaymentSucceeded)
async def payment_succeeded(uow: UnitOfWork, event: PaymentSucceeded, _: Envelope) -> None:
    """The first payment makes the contract run, each one extends what is paid."""
    paid = Period(event.start, event.until)
    await follow_billing.receive_payment(uow, event.membership_id, paid)
    await grant_bought(uow, event.membership_id, event.claim_id)


@subscriptions.on(VisitRecorded)
async def visit_recorded(uow: UnitOfWork, event: VisitRecorded, _: Envelope) -> None:
    """A venue may see from now on who was its guest; what a credit paid for uses it up."""
    await follow_visit(
        uow,
        person_id=event.person_id,
        host=event.host_organisation_id,
        home=event.home_organisation_id,
        at=event.at,
    )
    if event.on_credit and event.membership_id is not None:
        if await use_guest_pass(uow, event.membership_id, event.visit_id, event.at):
            return
        await spend_credit(uow, event.membership_id, event.visit_id, event.at)


@subscriptions.on(BookingMade, BookingPromoted)
async def place_taken(
    uow: UnitOfWork, event: BookingMade | BookingPromoted, envelope: Envelope
) -> None:
    """Who has a place has paid for it with credits, where it costs some."""
    if event.booking.credits:
        await reserve_credits(uow, _costs(event.booking), envelope.aggregate_version)


@subscriptions.on(BookingMoved)
async def class_moved(uow: UnitOfWork, event: BookingMoved, envelope: Envelope) -> None:
    """What is used first by a class is used when that starts."""
    if event.booking.credits:
        await follow_class(uow, _costs(event.booking), envelope.aggregate_version)


@subscriptions.on(BookingCancelled, LateCancelUndone, BookingMissed)
async def credits_return(
    uow: UnitOfWork,
    event: BookingCancelled | LateCancelUndone | BookingMissed,
    envelope: Envelope,
) -> None:
    """Whether they do was decided where the booking is."""
    by_gym = isinstance(event, BookingCancelled) and event.ending == "by_gym"
    version = envelope.aggregate_version
    if event.credits_back:
        costs = _costs(event.booking)
        await release_credits(uow, costs, version, event.credits_back, by_gym=by_gym)


@subscriptions.on(AttendanceTakenBack)
async def attendance_taken_back(
    uow: UnitOfWork, event: AttendanceTakenBack, envelope: Envelope
) -> None:
    """What had returned is taken anew."""
    if event.credits_again:
        version = envelope.aggregate_version
        await reserve_credits(uow, _costs(event.booking), version, again=event.credits_again)


@subscriptions.on(AppointmentBooked)
async def appointment_booked(uow: UnitOfWork, event: AppointmentBooked, envelope: Envelope) -> None:
    """As a place in a class does, by the appointment's id."""
    costs = _costs_of_appointment(event.appointment)
    if costs is not None:
        await reserve_credits(uow, costs, envelope.aggregate_version)


@subscriptions.on(AppointmentCancelled, AppointmentLateCancelUndone, AppointmentMissed)
async def credits_of_appointment_return(
    uow: UnitOfWork,
    event: AppointmentCancelled | AppointmentLateCancelUndone | AppointmentMissed,
    envelope: Envelope,
) -> None:
    """What returns was decided where the appointment is."""
    costs, version = _costs_of_appointment(event.appointment), envelope.aggregate_version
    if costs is not None and event.credits_back:
        by_gym = isinstance(event, AppointmentCancelled) and event.ending == "by_gym"
        await release_credits(uow, costs, version, event.credits_back, by_gym=by_gym)


@subscriptions.on(AppointmentAttendanceTakenBack)
async def appointment_is_unmarked(
    uow: UnitOfWork, event: AppointmentAttendanceTakenBack, envelope: Envelope
) -> None:
    """What had returned is taken anew."""
    costs, version = _costs_of_appointment(event.appointment), envelope.aggregate_version
    if costs is not None and event.credits_again:
        await reserve_credits(uow, costs, version, again=event.credits_again)


def _costs(booking: BookingState) -> Costs:
    return Costs(
        booking_id=booking.booking_id,
        membership_id=booking.membership_id,
        class_type_id=booking.class_type_id,
        credits=booking.credits,
        start=booking.start,
    )


def _costs_of_appointment(appointment: AppointmentState) -> Costs | None:
    """None for one that costs no credits."""
    if not appointment.credits or appointment.class_type_id is None:
        return None
    return Costs(
        booking_id=appointment.appointment_id,
        membership_id=appointment.membership_id,
        class_type_id=appointment.class_type_id,
        credits=appointment.credits,
        start=appointment.start,
    )


@subscriptions.on(MembersMerged)
async def members_merged(uow: UnitOfWork, event: MembersMerged, _: Envelope) -> None:
    """What other organisations know of guests is nothing that the one who merged may write."""
    await follow_merge(
        uow,
        organisation_id=event.organisation_id,
        person_id=event.merged_person_id,
        into_person_id=event.person_id,
    )


@subscriptions.on(DebtChanged)
async def debt_changed(uow: UnitOfWork, event: DebtChanged, _: Envelope) -> None:
    """The debt clock runs, or stands still again."""
    await follow_debt(uow, event.membership_id, event.overdue_since, event.owed)


@subscriptions.on(PayerChanged)
async def payer_changed(uow: UnitOfWork, event: PayerChanged, _: Envelope) -> None:
    """Somebody else pays from the next claim on."""
    await change_payer(uow, event.membership_id, event.kind, event.payer_id)


@subscriptions.on(SubscriptionChanged)
async def subscription_changed(
    uow: UnitOfWork, event: SubscriptionChanged, envelope: Envelope
) -> None:
    """Where collection stops, the contract ends."""
    await follow_billing.follow_collection(
        uow, event.membership_id, event.ends_at, ended=event.ended, at=envelope.time
    )


@subscriptions.on(PaymentRefunded)
async def payment_refunded(uow: UnitOfWork, event: PaymentRefunded, envelope: Envelope) -> None:
    """A refund takes access back only when it says so."""
    if event.access == "end_now":
        await follow_billing.take_access_back(uow, event.membership_id, envelope.time)


@subscriptions.on(PlanChangeCollected)
async def plan_change_collected(uow: UnitOfWork, event: PlanChangeCollected, _: Envelope) -> None:
    """The other plan is paid for, or owed: it holds."""
    await plan_collected(uow, event.membership_id, event.change_id, event.period_until)


@subscriptions.on(PlanChangeDeclined)
async def plan_change_declined(uow: UnitOfWork, event: PlanChangeDeclined, _: Envelope) -> None:
    """All stays as it was."""
    await plan_declined(uow, event.membership_id, event.change_id, event.reason)


@subscriptions.on(SponsorDebtChanged)
async def sponsor_debt_changed(uow: UnitOfWork, event: SponsorDebtChanged, _: Envelope) -> None:
    """A sponsor's debt clock runs, or stands still again."""
    await follow_sponsor_debt(uow, event.sponsor_id, event.overdue_since, event.owed)
