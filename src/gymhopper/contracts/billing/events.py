"""Facts about money and about what the payment provider holds for a membership."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from gymhopper.contracts.event import Event
from gymhopper.kernel.money import Money


class PaymentSucceeded(Event, frozen=True, kw_only=True):
    """A claim for the period `[start, until)` of a membership was paid."""

    type: ClassVar[str] = "billing.payment.succeeded.v1"
    membership_id: UUID
    claim_id: UUID
    amount: Money
    start: datetime
    until: datetime
    paid_at: datetime


class PaymentFailed(Event, frozen=True, kw_only=True):
    """A claim could not be collected; `known_at` is when we learned that it failed first."""

    type: ClassVar[str] = "billing.payment.failed.v1"
    membership_id: UUID
    claim_id: UUID
    amount: Money
    known_at: datetime
    first_payment: bool


class DebtChanged(Event, frozen=True, kw_only=True):
    """What is owed for a membership is different.

    `overdue_since` is when the failure of the oldest open claim became known, None when nothing
    that failed is owed any more.
    """

    type: ClassVar[str] = "billing.debt.changed.v1"
    membership_id: UUID
    owed: Money
    overdue_since: datetime | None


class SubscriptionChanged(Event, frozen=True, kw_only=True):
    """What the provider will do with a membership's payments is different.

    `ends_at` is when collection stops for good (None: it goes on), `ended` whether it has stopped.
    """

    type: ClassVar[str] = "billing.subscription.changed.v1"
    membership_id: UUID
    ends_at: datetime | None
    ended: bool


class PaymentRefunded(Event, frozen=True, kw_only=True):
    """Money went back; `amount` is this refund's own, `access` says what it does to the door."""

    type: ClassVar[str] = "billing.payment.refunded.v1"
    membership_id: UUID
    claim_id: UUID
    refund_id: UUID
    amount: Money
    access: Literal["keep", "end_now"] = "keep"


class DocumentIssued(Event, frozen=True, kw_only=True):
    """A legal document has its number: an invoice, or the credit note that corrects one.

    `payable` is what it charges or gives back, `net` and `tax` and what rounding adds to them.
    """

    type: ClassVar[str] = "billing.document.issued.v1"
    document_id: UUID
    kind: Literal["invoice", "credit_note"]
    number: str
    legal_entity_id: UUID
    billing_account_id: UUID
    claim_id: UUID
    corrects_id: UUID | None = None
    net: Money
    tax: Money
    payable: Money
    issued_on: date


class FeePaid(Event, frozen=True, kw_only=True):
    """A claim that pays for no period of the membership was paid."""

    type: ClassVar[str] = "billing.fee.paid.v1"
    membership_id: UUID
    claim_id: UUID
    amount: Money
    paid_at: datetime


class PaymentTakenBack(Event, frozen=True, kw_only=True):
    """Money that had come in for a claim went again: the claim is owed once more.

    `taken_back` is all that is gone of the payment now; zero says that it is here again, as after a
    dispute that was won.
    """

    type: ClassVar[str] = "billing.payment.taken_back.v1"
    membership_id: UUID
    claim_id: UUID
    payment_id: UUID
    taken_back: Money
    because: str | None


class PayerChanged(Event, frozen=True, kw_only=True):
    """From the next claim on somebody else pays for a membership.

    `payer_id` is the id of the member, of the household or of the sponsor.
    """

    type: ClassVar[str] = "billing.payer.changed.v1"
    membership_id: UUID
    kind: Literal["person", "household", "sponsor"]
    payer_id: UUID


class PlanChangeCollected(Event, frozen=True, kw_only=True):
    """A change of plan is in force with whoever collects, and what was to be paid at once is asked
    for: by card it was paid, at the desk it is owed. The period that runs ends at `period_until`.
    """

    type: ClassVar[str] = "billing.plan_change.collected.v1"
    membership_id: UUID
    change_id: UUID
    period_until: datetime


class PlanChangeDeclined(Event, frozen=True, kw_only=True):
    """A change of plan was not made: nothing was charged, and what was collected goes on."""

    type: ClassVar[str] = "billing.plan_change.declined.v1"
    membership_id: UUID
    change_id: UUID
    reason: Literal["card_refused", "price_changed", "not_collected", "left_over"]


class SponsorPaid(Event, frozen=True, kw_only=True):
    """A sponsor's claim for all whom it paid for in a month was paid; once for each claim."""

    type: ClassVar[str] = "billing.sponsor_claim.paid.v1"
    sponsor_id: UUID
    claim_id: UUID
    amount: Money
    paid_at: datetime


class SponsorDebtChanged(Event, frozen=True, kw_only=True):
    """What a sponsor owes beyond its time to pay is different.

    `overdue_since` is when the oldest of it fell due, None when nothing is owed any more.
    """

    type: ClassVar[str] = "billing.sponsor_debt.changed.v1"
    sponsor_id: UUID
    owed: Money
    overdue_since: datetime | None
