"""What other contexts' events mean for collection."""

from uuid import uuid5

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.usecases.change_plan import (
    change_at_once,
    change_later,
    change_undone,
    plan_changed,
)
from gymhopper.contexts.billing.usecases.charge_fee import charge_fee
from gymhopper.contexts.billing.usecases.follow_contract import (
    contract_ended,
    contract_ends,
    contract_expires,
    contract_frozen,
    dues_of_membership,
    dues_of_person,
)
from gymhopper.contexts.billing.usecases.follow_merge import follow_merge
from gymhopper.contexts.billing.usecases.follow_price import price_changed, price_will_change
from gymhopper.contexts.billing.usecases.follow_seller import follow_seller
from gymhopper.contexts.billing.usecases.follow_transfer import follow_transfer
from gymhopper.contexts.billing.usecases.give_back import give_back, give_back_share
from gymhopper.contexts.billing.usecases.give_time_back import give_time_back
from gymhopper.contexts.billing.usecases.learn_payer import hear_of_payer
from gymhopper.contexts.billing.usecases.open_sponsor import open_sponsor
from gymhopper.contracts.membership.events import (
    GuestPassUsed,
    MembershipActivated,
    MembershipCancellationRevoked,
    MembershipCancellationScheduled,
    MembershipCreditOverdrawn,
    MembershipCreditsRefunded,
    MembershipEnded,
    MembershipFreezeFeeDue,
    MembershipOverlayChanged,
    MembershipPlanChanged,
    MembershipPlanChangeRequested,
    MembershipPlanChangeScheduled,
    MembershipPlanChangeUndone,
    MembershipPriceChangeAnnounced,
    MembershipPriceChanged,
    MembershipPriceChangeWithdrawn,
    MembershipPurchased,
    MembershipRenewed,
    MembershipTimeGivenBack,
    MembershipTransferred,
    MembershipWithdrawn,
    MembersMerged,
)
from gymhopper.contracts.membership.sponsors.events import SponsorTermsSet
from gymhopper.contracts.scheduling.appointments.events import AppointmentFeeDue
from gymhopper.contracts.scheduling.events import BookingFeeDue
from gymhopper.contracts.venues.events import LegalEntityChanged, LegalEntityCreated
from gymhopper.kernel.period import Period

subscriptions = Subscriptions()

FREEZE_FEE = "Freeze"
GUEST = "Guest"
BOOKING_FEE = {"late_cancel": "Late cancellation", "no_show": "Missed class"}
APPOINTMENT_FEE = {"late_cancel": "Late cancellation", "no_show": "Missed appointment"}
EXTRA_VISIT = "Visit beyond the pack"
EXTRA_PLACE = "Class beyond the pack"


@subscriptions.on(MembershipCancellationScheduled, MembershipCancellationRevoked)
async def end_moved(
    uow: UnitOfWork,
    event: MembershipCancellationScheduled | MembershipCancellationRevoked,
    _: Envelope,
) -> None:
    """Collect until the contract's new end. What began at the provider is known there already."""
    if event.origin == "contract":
        await contract_ends(uow, event.membership.membership_id, event.membership.end)


@subscriptions.on(MembershipActivated, MembershipRenewed, MembershipOverlayChanged)
async def term_is_known(
    uow: UnitOfWork,
    event: MembershipActivated | MembershipRenewed | MembershipOverlayChanged,
    _: Envelope,
) -> None:
    """What was sold for a time is collected for that time, which a freeze may move."""
    membership = event.membership
    running = membership.contract in ("active", "trialing")
    if running and (membership.end is not None or isinstance(event, MembershipOverlayChanged)):
        await contract_expires(uow, membership.membership_id, membership.end)


@subscriptions.on(MembershipEnded)
async def ended(uow: UnitOfWork, event: MembershipEnded, _: Envelope) -> None:
    """Collect nothing more."""
    await contract_ended(uow, event.membership.membership_id)


@subscriptions.on(MembershipOverlayChanged)
async def overlay_changed(uow: UnitOfWork, event: MembershipOverlayChanged, _: Envelope) -> None:
    """Collection rests while a freeze says so; a block never stops it."""
    await contract_frozen(
        uow,
        event.membership.membership_id,
        [
            Period(overlay.start, overlay.until)
            for overlay in event.membership.overlays
            if overlay.kind == "freeze" and overlay.stops_billing
        ],
    )


@subscriptions.on(MembershipWithdrawn)
async def withdrawn(uow: UnitOfWork, event: MembershipWithdrawn, _: Envelope) -> None:
    """What was paid goes back, but for the days on which it was used."""
    dues = await dues_of_membership(uow, event.membership.membership_id)
    if dues is not None:
        ended = event.membership.end or uow.now
        await give_back_share(uow, dues, event.given_back_days, event.of_days, ended)


@subscriptions.on(MembershipTimeGivenBack)
async def time_given_back(uow: UnitOfWork, event: MembershipTimeGivenBack, _: Envelope) -> None:
    """What could not be used is credited to whoever paid for it."""
    dues = await dues_of_membership(uow, event.membership.membership_id)
    if dues is not None:
        await give_time_back(uow, dues, Period(event.start, event.until), event.cause)


@subscriptions.on(MembershipCreditsRefunded)
async def credits_refunded(uow: UnitOfWork, event: MembershipCreditsRefunded, _: Envelope) -> None:
    """Credits that were taken back are paid back."""
    await give_back(uow, event.claim_id, event.amount.amount)


@subscriptions.on(MembershipFreezeFeeDue)
async def freeze_fee_due(uow: UnitOfWork, event: MembershipFreezeFeeDue, _: Envelope) -> None:
    """A freeze costs something, each time that it is said."""
    dues = await dues_of_membership(uow, event.membership.membership_id)
    if dues is not None:
        cause = uuid5(event.overlay_id, str(event.number))
        await charge_fee(uow, dues, text=FREEZE_FEE, fee=event.fee, cause=cause)


@subscriptions.on(MembershipCreditOverdrawn)
async def credit_overdrawn(uow: UnitOfWork, event: MembershipCreditOverdrawn, _: Envelope) -> None:
    """A visit, or a place in a class, without a credit is charged where the plan says so."""
    dues = await dues_of_membership(uow, event.membership.membership_id)
    if dues is not None and event.policy == "charge":
        text = EXTRA_VISIT if event.booking_id is None else EXTRA_PLACE
        await charge_fee(uow, dues, text=text, fee=event.price, cause=event.visit_id)


@subscriptions.on(BookingFeeDue)
async def booking_fee_due(uow: UnitOfWork, event: BookingFeeDue, _: Envelope) -> None:
    """Whoever pays for the membership pays what a booking of it costs, and a host a guest's.

    What rests on no membership is asked for with the latest that the person pays for. Nobody who
    never paid for anything can be asked.
    """
    of = event.booking
    if of.host_person_id is None and of.membership_id is not None:
        dues = await dues_of_membership(uow, of.membership_id)
    else:
        asked = of.host_person_id or of.person_id
        dues = await dues_of_person(uow, asked, of.home_organisation_id)
    if dues is not None and event.amount.amount:
        text = BOOKING_FEE[event.why]
        await charge_fee(uow, dues, text=text, fee=event.amount, cause=event.fee_id)


@subscriptions.on(AppointmentFeeDue)
async def appointment_fee_due(uow: UnitOfWork, event: AppointmentFeeDue, _: Envelope) -> None:
    """As with a booking; nobody is another one's guest at it."""
    of = event.appointment
    if of.membership_id is not None:
        dues = await dues_of_membership(uow, of.membership_id)
    else:
        dues = await dues_of_person(uow, of.person_id, of.organisation_id)
    if dues is not None and event.amount.amount:
        text = APPOINTMENT_FEE[event.why]
        await charge_fee(uow, dues, text=text, fee=event.amount, cause=event.fee_id)


@subscriptions.on(GuestPassUsed)
async def guest_pass_used(uow: UnitOfWork, event: GuestPassUsed, _: Envelope) -> None:
    """What a guest costs is the host's to pay."""
    dues = await dues_of_membership(uow, event.membership_id)
    if dues is not None and event.fee is not None and event.fee.amount:
        await charge_fee(uow, dues, text=GUEST, fee=event.fee, cause=event.visit_id)


@subscriptions.on(MembershipPriceChangeAnnounced)
async def price_announced(
    uow: UnitOfWork, event: MembershipPriceChangeAnnounced, _: Envelope
) -> None:
    """Periods that are asked for beforehand have the new price already."""
    await price_will_change(uow, event.membership.membership_id, event.price, event.effective_at)


@subscriptions.on(MembershipPriceChangeWithdrawn)
async def price_stays(uow: UnitOfWork, event: MembershipPriceChangeWithdrawn, _: Envelope) -> None:
    """The announced price will not come."""
    await price_will_change(uow, event.membership.membership_id, None, None)


@subscriptions.on(MembershipPriceChanged)
async def price_is_different(uow: UnitOfWork, event: MembershipPriceChanged, _: Envelope) -> None:
    """From here on the new price is collected."""
    await price_changed(uow, event.membership.membership_id, event.price, event.effective_at)


@subscriptions.on(MembershipPlanChangeRequested)
async def other_plan_wanted(
    uow: UnitOfWork, event: MembershipPlanChangeRequested, _: Envelope
) -> None:
    """What was shown is charged, and the other plan collected from then on."""
    await change_at_once(uow, event)


@subscriptions.on(MembershipPlanChangeScheduled)
async def other_plan_announced(
    uow: UnitOfWork, event: MembershipPlanChangeScheduled, _: Envelope
) -> None:
    """Later periods are asked for at the other plan's price."""
    membership_id = event.membership.membership_id
    await change_later(uow, membership_id, event.change_id, event.terms, event.effective_at)


@subscriptions.on(MembershipPlanChangeUndone)
async def plan_stays(uow: UnitOfWork, event: MembershipPlanChangeUndone, _: Envelope) -> None:
    """They are asked for as before."""
    await change_undone(uow, event.membership.membership_id, event.change_id)


@subscriptions.on(MembershipPlanChanged)
async def plan_is_different(uow: UnitOfWork, event: MembershipPlanChanged, _: Envelope) -> None:
    """The other plan is what is collected now."""
    await plan_changed(uow, event.membership.membership_id, event.change_id)


@subscriptions.on(MembershipTransferred)
async def went_over(uow: UnitOfWork, event: MembershipTransferred, _: Envelope) -> None:
    """The next period is asked of whoever has it now."""
    await follow_transfer(uow, event)


@subscriptions.on(LegalEntityCreated, LegalEntityChanged)
async def seller_is_different(
    uow: UnitOfWork, event: LegalEntityCreated | LegalEntityChanged, envelope: Envelope
) -> None:
    """Documents from now on name the seller like this."""
    await follow_seller(uow, event, envelope.aggregate_version)


@subscriptions.on(MembersMerged)
async def members_merged(uow: UnitOfWork, event: MembersMerged, _: Envelope) -> None:
    """What the merged person owes and has paid is the survivor's."""
    await follow_merge(
        uow,
        organisation_id=event.organisation_id,
        person_id=event.merged_person_id,
        into_person_id=event.person_id,
    )


@subscriptions.on(MembershipPurchased, MembershipActivated, MembershipRenewed)
async def payer_is_known(
    uow: UnitOfWork,
    event: MembershipPurchased | MembershipActivated | MembershipRenewed,
    _: Envelope,
) -> None:
    """What the payer is called and where they live is looked up again."""
    of = event.membership
    hear_of_payer(
        uow, member_id=of.member_id, organisation_id=of.organisation_id, person_id=of.person_id
    )


@subscriptions.on(SponsorTermsSet)
async def sponsor_terms_set(uow: UnitOfWork, event: SponsorTermsSet, envelope: Envelope) -> None:
    """A sponsor is asked for what it pays for others, month by month."""
    if envelope.organisation_id is not None:
        await open_sponsor(uow, event, envelope.organisation_id)
