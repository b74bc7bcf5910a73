"""Claims: money owed for a period, how it was paid, and what went back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.billing.domain.errors import NotRefundable, OverRefund
from gymhopper.contexts.billing.domain.provider import ProviderInvoice, ProviderRefund
from gymhopper.contracts.billing.events import PaymentFailed, PaymentRefunded, PaymentSucceeded
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

ClaimStatus = Literal["open", "failed", "paid", "void"]
RefundStatus = Literal["requested", "pending", "succeeded", "failed", "canceled"]
Access = Literal["keep", "end_now"]

_UNDER_WAY: frozenset[RefundStatus] = frozenset({"requested", "pending", "succeeded"})


@dataclass(eq=False, kw_only=True)
class Claim:
    """Money owed for `[start, until)`.

    `outstanding` is what is still to be paid, `refunded` the sum that went back. `failure_known_at`
    is when we learned that collecting it failed for the first time; it is never moved.
    """

    id: UUID
    dues_id: UUID
    organisation_id: UUID
    person_id: UUID
    membership_id: UUID
    subscription_id: UUID | None
    provider: str
    provider_invoice_id: str
    fence: int = 0
    amount: int
    outstanding: int
    currency: str
    start: datetime
    until: datetime
    first: bool
    status: ClaimStatus = "open"
    refunded: int = 0
    failure_known_at: datetime | None = None
    paid_at: datetime | None = None

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.currency)

    def follow(self, found: ProviderInvoice, fence: int, now: datetime) -> list[Event] | None:
        """Take over a snapshot of the invoice; None when a later one was taken over before."""
        if fence <= self.fence:
            return None
        self.fence = fence
        self.amount = found.amount.amount
        self.outstanding = found.outstanding
        self.start, self.until = found.period.start, found.period.until or found.period.start
        self.status = _status(found)
        events: list[Event] = []
        if self.status == "failed" and self.failure_known_at is None:
            self.failure_known_at = now
            events.append(
                PaymentFailed(
                    membership_id=self.membership_id,
                    claim_id=self.id,
                    amount=self.money,
                    known_at=now,
                    first_payment=self.first,
                )
            )
        if self.status == "paid" and self.paid_at is None:
            self.paid_at = found.paid_at or now
            events.append(
                PaymentSucceeded(
                    membership_id=self.membership_id,
                    claim_id=self.id,
                    amount=self.money,
                    start=self.start,
                    until=self.until,
                    paid_at=self.paid_at,
                )
            )
        return events


def _status(found: ProviderInvoice) -> ClaimStatus:
    match found.status:
        case "paid":
            return "paid"
        case "void":
            return "void"
        case "uncollectible":
            # The provider gave up; the debt stays.
            return "failed"
        case "draft" | "open":
            return "failed" if found.attempts else "open"


@dataclass(eq=False, kw_only=True)
class Payment:
    """Money that moved to us for a claim."""

    id: UUID
    claim_id: UUID
    organisation_id: UUID
    person_id: UUID
    provider_payment_id: str
    amount: int
    currency: str
    paid_at: datetime


@dataclass(eq=False, kw_only=True)
class Refund:
    """Money that goes back; `access` says what it does to the door. `actor` asked for it."""

    id: UUID
    claim_id: UUID
    organisation_id: UUID
    person_id: UUID
    payment_id: UUID
    provider_refund_id: str | None = None
    amount: int
    currency: str
    access: Access = "keep"
    status: RefundStatus = "requested"
    actor: str
    requested_at: datetime
    succeeded_at: datetime | None = None
    failure: str | None = None

    def follow(self, found: ProviderRefund, claim: Claim, now: datetime) -> PaymentRefunded | None:
        """Take over what the provider says of it; the event when the money has just gone back."""
        self.provider_refund_id = found.id
        self.amount = found.amount
        self.status = found.status
        self.failure = None
        if self.status != "succeeded" or self.succeeded_at is not None:
            return None
        self.succeeded_at = now
        return PaymentRefunded(
            membership_id=claim.membership_id,
            claim_id=claim.id,
            refund_id=self.id,
            amount=Money(self.amount, self.currency),
            access=self.access,
        )


def refundable(payment: Payment, refunds: Sequence[Refund]) -> int:
    """What can still go back of a payment, counting refunds that are only asked for."""
    gone = sum(r.amount for r in refunds if r.payment_id == payment.id and r.status in _UNDER_WAY)
    return payment.amount - gone


def ask_refund(
    claim: Claim,
    payments: Sequence[Payment],
    refunds: Sequence[Refund],
    *,
    amount: int | None,
    access: Access,
    actor: str,
    now: datetime,
) -> Refund:
    """A refund of `amount` minor units, or of everything that is left when None.

    Raises NotRefundable when nothing came in or all went back, OverRefund when it is too much.
    One refund comes out of one payment; a claim paid in parts is given back part by part.
    """
    left = {payment.id: refundable(payment, refunds) for payment in payments}
    source = max(payments, key=lambda payment: left[payment.id], default=None)
    if source is None or left[source.id] <= 0:
        raise NotRefundable("Nothing was paid for this claim that has not gone back already.")
    wanted = left[source.id] if amount is None else amount
    if wanted > left[source.id]:
        most = Money(left[source.id], claim.currency)
        raise OverRefund(f"At most {most} can be given back.", field="amount")
    return Refund(
        id=new_id(),
        claim_id=claim.id,
        organisation_id=claim.organisation_id,
        person_id=claim.person_id,
        payment_id=source.id,
        amount=wanted,
        currency=claim.currency,
        access=access,
        actor=actor,
        requested_at=now,
    )


def given_back(refunds: Sequence[Refund]) -> int:
    """The sum that went back."""
    return sum(refund.amount for refund in refunds if refund.status == "succeeded")
