"""Facts about members and what they bought."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.discount import Discount
from gymhopper.contracts.membership.plan_changes import PlanChangeRefusal, PlanTerms
from gymhopper.contracts.membership.state import (
    ContractStatus,
    Cycle,
    DebtStage,
    DebtStageName,
    EndReason,
    Home,
    Hosted,
    MembershipState,
    Origin,
    Overlay,
)
from gymhopper.kernel.money import Money

# What a state consists of is taken from here, too.
__all__ = [
    "ContractStatus",
    "Cycle",
    "DebtStage",
    "DebtStageName",
    "EndReason",
    "Home",
    "Hosted",
    "MembershipState",
    "Origin",
    "Overlay",
]


class MemberRegistered(Event, frozen=True, kw_only=True):
    """A person became a member at an organisation."""

    type: ClassVar[str] = "membership.member.registered.v1"
    member_id: UUID
    person_id: UUID
    organisation_id: UUID


class MembersMerged(Event, frozen=True, kw_only=True):
    """Two members of an organisation turned out to be one human being.

    All that the organisation had of the merged member and person is the survivor's from now on.
    What other organisations have of either person is not concerned.
    """

    type: ClassVar[str] = "membership.member.merged.v1"
    member_id: UUID
    person_id: UUID
    merged_member_id: UUID
    merged_person_id: UUID
    organisation_id: UUID


class GuardianshipBegan(Event, frozen=True, kw_only=True):
    """At this organisation a person's account acts for another, who is a minor."""

    type: ClassVar[str] = "membership.guardianship.began.v1"
    guardianship_id: UUID
    organisation_id: UUID
    guardian_person_id: UUID
    dependent_person_id: UUID


class GuardianshipEnded(Event, frozen=True, kw_only=True):
    """And does so no more. Why is not told: a coming of age would be a birth date."""

    type: ClassVar[str] = "membership.guardianship.ended.v1"
    guardianship_id: UUID
    organisation_id: UUID
    guardian_person_id: UUID
    dependent_person_id: UUID


class WaiverPublished(Event, frozen=True, kw_only=True):
    """A version of an organisation's waiver; its members must have signed it from `enforced_at`."""

    type: ClassVar[str] = "membership.waiver.published.v1"
    waiver_id: UUID
    organisation_id: UUID
    number: int
    enforced_at: datetime


class WaiverRetired(Event, frozen=True, kw_only=True):
    """The waiver need not be signed any more."""

    type: ClassVar[str] = "membership.waiver.retired.v1"
    waiver_id: UUID
    organisation_id: UUID


class WaiverSigned(Event, frozen=True, kw_only=True):
    """A member signed a version; that holds in `[signed_at, until)`, for older versions, too."""

    type: ClassVar[str] = "membership.waiver_signature.given.v1"
    signature_id: UUID
    waiver_id: UUID
    organisation_id: UUID
    number: int
    member_id: UUID
    person_id: UUID
    signed_at: datetime
    until: datetime | None = None


class MembershipEvent(Event, frozen=True, kw_only=True):
    """Something happened to a membership; `membership` is all of it afterwards."""

    membership: MembershipState


class MembershipPurchased(MembershipEvent, frozen=True, kw_only=True):
    """A person agreed to a contract; it waits for its first payment.

    `discount` is taken off the price.
    """

    type: ClassVar[str] = "membership.membership.purchased.v1"
    price: Money
    starts_on: date
    discount: Discount | None = None


class MembershipActivated(MembershipEvent, frozen=True, kw_only=True):
    """The contract runs."""

    type: ClassVar[str] = "membership.membership.activated.v1"


class MembershipRenewed(MembershipEvent, frozen=True, kw_only=True):
    """A further period was paid for."""

    type: ClassVar[str] = "membership.membership.renewed.v1"


class MembershipFellOverdue(MembershipEvent, frozen=True, kw_only=True):
    """A claim could not be collected: the debt clock runs."""

    type: ClassVar[str] = "membership.membership.fell_overdue.v1"


class MembershipDebtCleared(MembershipEvent, frozen=True, kw_only=True):
    """Nothing is owed any more."""

    type: ClassVar[str] = "membership.membership.debt_cleared.v1"


class MembershipCancellationScheduled(MembershipEvent, frozen=True, kw_only=True):
    """The contract has an end. What came from `collection` need not be told to the provider."""

    type: ClassVar[str] = "membership.membership.cancellation_scheduled.v1"
    origin: Origin = "contract"


class MembershipCancellationRevoked(MembershipEvent, frozen=True, kw_only=True):
    """The contract goes on after all."""

    type: ClassVar[str] = "membership.membership.cancellation_revoked.v1"
    origin: Origin = "contract"


class MembershipEnded(MembershipEvent, frozen=True, kw_only=True):
    """The contract is over."""

    type: ClassVar[str] = "membership.membership.ended.v1"


class MembershipOverlayChanged(MembershipEvent, frozen=True, kw_only=True):
    """A freeze or block was set, moved or lifted."""

    type: ClassVar[str] = "membership.membership.overlay_changed.v1"
    overlay_id: UUID


class MembershipSponsorshipChanged(MembershipEvent, frozen=True, kw_only=True):
    """The sponsor moved the window, or lets its people in no more, or again."""

    type: ClassVar[str] = "membership.membership.sponsorship_changed.v1"


class MembershipDebtStageReached(MembershipEvent, frozen=True, kw_only=True):
    """A debt, known since `since`, is so old and so large that this begins; told once each."""

    type: ClassVar[str] = "membership.membership.debt_stage_reached.v1"
    stage: DebtStageName
    since: datetime


class MembershipTimeGivenBack(MembershipEvent, frozen=True, kw_only=True):
    """Time that was, or will be, paid for and could not be used is owed to the member.

    The local days of `[start, until)`: of a freeze that was dated back, or of a lock-out for a debt
    that was paid.
    """

    type: ClassVar[str] = "membership.membership.time_given_back.v1"
    start: datetime
    until: datetime
    days: int
    cause: Literal["freeze", "lockout"]


class MembershipFreezeFeeDue(MembershipEvent, frozen=True, kw_only=True):
    """A freeze costs this much, for the `number`th time (from 1)."""

    type: ClassVar[str] = "membership.membership.freeze_fee_due.v1"
    overlay_id: UUID
    number: int
    fee: Money


class MembershipWithdrawn(MembershipEvent, frozen=True, kw_only=True):
    """A contract that was concluded at a distance was withdrawn from, and has ended by that.

    Of all that was paid for it `given_back_days` / `of_days` go back.
    """

    type: ClassVar[str] = "membership.membership.withdrawn.v1"
    given_back_days: int
    of_days: int


class MembershipTransferScheduled(MembershipEvent, frozen=True, kw_only=True):
    """From `effective_at` on somebody else will have it, as `to_membership_id`, which waits."""

    type: ClassVar[str] = "membership.membership.transfer_scheduled.v1"
    to_membership_id: UUID
    effective_at: datetime


class MembershipTransferCalledOff(MembershipEvent, frozen=True, kw_only=True):
    """It stays with whoever has it."""

    type: ClassVar[str] = "membership.membership.transfer_called_off.v1"
    to_membership_id: UUID


class MembershipTransferred(MembershipEvent, frozen=True, kw_only=True):
    """This membership goes on with the terms of another one, which has ended by that.

    What is paid for of the other one is covered here; from the next period on the payer owes it,
    who is the member or the household `payer_id`, and whose person is asked for the money.
    """

    type: ClassVar[str] = "membership.membership.transferred.v1"
    from_membership_id: UUID
    from_person_id: UUID
    payer_kind: Literal["person", "household"]
    payer_id: UUID
    payer_member_id: UUID
    payer_person_id: UUID


class MembershipCreditsChanged(MembershipEvent, frozen=True, kw_only=True):
    """There are other credits than those that visits used up: granted, expired, given back."""

    type: ClassVar[str] = "membership.membership.credits_changed.v1"


class MembershipCreditsRefunded(MembershipEvent, frozen=True, kw_only=True):
    """Credits were taken back against their price, which is due to whoever paid the claim.

    `amount` is the price of these units, rounded so that all units together come to what was paid.
    """

    type: ClassVar[str] = "membership.membership.credits_refunded.v1"
    lot_id: UUID
    refund_id: UUID
    claim_id: UUID
    units: int
    amount: Money


class MembershipCreditOverdrawn(MembershipEvent, frozen=True, kw_only=True):
    """Credits were used that were not left; what becomes of it is the plan's policy.

    `visit_id` is the use, which is settled once: a visit, or with `booking_id` a place taken in a
    class, an id that no visit has. `price` is of all these credits, where it is to be charged.
    """

    type: ClassVar[str] = "membership.membership.credit_overdrawn.v1"
    visit_id: UUID
    policy: Literal["forgive", "charge", "next_lot"]
    price: Money
    booking_id: UUID | None = None


class MembershipHomeMoved(MembershipEvent, frozen=True, kw_only=True):
    """Another location is home, from a date on, or a move that was planned will not be."""

    type: ClassVar[str] = "membership.membership.home_moved.v1"


class GuestPassIssued(Event, frozen=True, kw_only=True):
    """A member may bring a guest: `right` opens doors to the guest as a membership does, once."""

    type: ClassVar[str] = "membership.guest_pass.issued.v1"
    right: MembershipState


class GuestPassWithdrawn(Event, frozen=True, kw_only=True):
    """The guest is not to come: `right` has ended."""

    type: ClassVar[str] = "membership.guest_pass.withdrawn.v1"
    right: MembershipState


class GuestPassUsed(Event, frozen=True, kw_only=True):
    """The guest was let in. What it costs, if anything, is the host's to pay."""

    type: ClassVar[str] = "membership.guest_pass.used.v1"
    pass_id: UUID
    membership_id: UUID
    visit_id: UUID
    fee: Money | None = None


class MembershipPriceChangeAnnounced(MembershipEvent, frozen=True, kw_only=True):
    """Another price will hold for periods that begin at `effective_at` or later.

    Until then the member may leave without notice, to that instant.
    """

    type: ClassVar[str] = "membership.membership.price_change_announced.v1"
    change_id: UUID
    previous: Money
    price: Money
    effective_at: datetime


class MembershipPriceChangeWithdrawn(MembershipEvent, frozen=True, kw_only=True):
    """An announced price will not come."""

    type: ClassVar[str] = "membership.membership.price_change_withdrawn.v1"
    change_id: UUID


class MembershipPriceChanged(MembershipEvent, frozen=True, kw_only=True):
    """The price is another for periods that begin at `effective_at` or later."""

    type: ClassVar[str] = "membership.membership.price_changed.v1"
    change_id: UUID
    previous: Money
    price: Money
    effective_at: datetime


class MembershipPlanChangeRequested(MembershipEvent, frozen=True, kw_only=True):
    """The membership is to become another plan as soon as `charged` is collected for it.

    `charged` is the amount that was shown: for what is left, from `priced_at` on, of the period
    that runs, or for the first period of another length. Until then everything stays as it is.
    """

    type: ClassVar[str] = "membership.membership.plan_change_requested.v1"
    change_id: UUID
    terms: PlanTerms
    priced_at: datetime
    charged: Money


class MembershipPlanChangeScheduled(MembershipEvent, frozen=True, kw_only=True):
    """The membership will become another plan; periods from `effective_at` on cost its price."""

    type: ClassVar[str] = "membership.membership.plan_change_scheduled.v1"
    change_id: UUID
    terms: PlanTerms
    effective_at: datetime


class MembershipPlanChangeUndone(MembershipEvent, frozen=True, kw_only=True):
    """A change that was to come will not."""

    type: ClassVar[str] = "membership.membership.plan_change_undone.v1"
    change_id: UUID


class MembershipPlanChangeRefused(MembershipEvent, frozen=True, kw_only=True):
    """A change that was to be paid at once did not happen: all is as before."""

    type: ClassVar[str] = "membership.membership.plan_change_refused.v1"
    change_id: UUID
    reason: PlanChangeRefusal


class MembershipPlanChanged(MembershipEvent, frozen=True, kw_only=True):
    """The membership is another plan from now on: `membership` has its coverage."""

    type: ClassVar[str] = "membership.membership.plan_changed.v1"
    change_id: UUID
    previous_plan_id: UUID
