"""Amounts, claims, payments and refunds as requests and answers have them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.contexts.billing.domain.claim import most_refundable
from gymhopper.contexts.billing.queries.payments import MembershipPayments


class Price(BaseModel):
    """Whole minor units and an ISO 4217 currency."""

    model_config = ConfigDict(extra="forbid")

    amount: int = Field(ge=0, lt=2**53, strict=True)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(examples=["EUR"])


class Amount(BaseModel):
    """Whole minor units and an ISO 4217 currency, in an answer."""

    amount: int
    currency: str


class RefundView(BaseModel):
    """A refund: asked for, under way, done, or refused by the provider."""

    refund_id: UUID
    claim_id: UUID
    amount: Amount
    access: str
    status: str
    requested_at: datetime
    succeeded_at: datetime | None
    failure: str | None


class PaymentView(BaseModel):
    """Money that arrived for a claim; `taken_back` of it went again."""

    payment_id: UUID
    claim_id: UUID
    method: Literal["card", "cash", "transfer", "credit"]
    amount: Amount
    paid_at: datetime
    reference: str | None
    taken_back: Amount
    taken_back_at: datetime | None
    taken_back_because: str | None


class LineView(BaseModel):
    """What a part of a claim is for; below zero where it was taken off."""

    kind: str
    text: str
    amount: Amount
    start: datetime
    until: datetime


class ClaimView(BaseModel):
    """Money owed for the period `[start, until)`; `due_at` where we ask for it ourselves."""

    claim_id: UUID
    status: str
    collected_by: str
    lines: list[LineView]
    amount: Amount
    outstanding: Amount
    refunded: Amount
    credited: Amount = Field(description="What is account credit since: it is not paid out.")
    written_off: Amount = Field(description="What is expected no more.")
    start: datetime
    until: datetime
    due_at: datetime | None
    document_id: UUID | None
    failure_known_at: datetime | None
    paid_at: datetime | None


class PaidClaimView(ClaimView):
    """A claim, and how much a refund can give back now."""

    refundable: Amount


class SubscriptionView(BaseModel):
    """The provider's subscription as we last saw it."""

    provider: str
    provider_id: str | None
    status: str
    period_start: datetime | None
    period_until: datetime | None
    cancel_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    ended_at: datetime | None
    collection_paused: bool


class MembershipPaymentsView(BaseModel):
    """All of a membership's money."""

    membership_id: UUID
    owed: Amount
    overdue_since: datetime | None
    subscription: SubscriptionView | None
    claims: list[PaidClaimView]
    payments: list[PaymentView]
    refunds: list[RefundView]


def claim_view(row: Any) -> ClaimView:
    def money(amount: int) -> Amount:
        return Amount(amount=amount, currency=row.currency)

    return ClaimView(
        claim_id=row.id,
        status=row.status,
        collected_by=row.provider,
        lines=[
            LineView(
                kind=line.kind,
                text=line.text,
                amount=money(line.amount),
                start=line.start,
                until=line.until,
            )
            for line in row.lines
        ],
        amount=money(row.amount),
        outstanding=money(row.outstanding),
        refunded=money(row.refunded),
        credited=money(row.credited + row.overpaid),
        written_off=money(row.written_off),
        start=row.start,
        until=row.until,
        due_at=row.due_at,
        document_id=row.document_id,
        failure_known_at=row.failure_known_at,
        paid_at=row.paid_at,
    )


def payment_view(row: Any) -> PaymentView:
    return PaymentView(
        payment_id=row.id,
        claim_id=row.claim_id,
        method=row.method,
        amount=Amount(amount=row.amount, currency=row.currency),
        paid_at=row.paid_at,
        reference=row.reference,
        taken_back=Amount(amount=row.taken_back, currency=row.currency),
        taken_back_at=row.taken_back_at,
        taken_back_because=row.taken_back_because,
    )


def refund_view(row: Any) -> RefundView:
    return RefundView(
        refund_id=row.id,
        claim_id=row.claim_id,
        amount=Amount(amount=row.amount, currency=row.currency),
        access=row.access,
        status=row.status,
        requested_at=row.requested_at,
        succeeded_at=row.succeeded_at,
        failure=row.failure,
    )


def _paid_claim(row: Any, found: MembershipPayments) -> PaidClaimView:
    payments: list[Any] = [each for each in found.payments if each.claim_id == row.id]
    refunds: list[Any] = [each for each in found.refunds if each.claim_id == row.id]
    _, most = most_refundable(row, payments, refunds)
    refundable = Amount(amount=max(0, most), currency=row.currency)
    return PaidClaimView(**dict(claim_view(row)), refundable=refundable)


def membership_payments_view(found: MembershipPayments) -> MembershipPaymentsView:
    """All of a membership's money, as an answer."""
    dues = found.dues
    return MembershipPaymentsView(
        membership_id=dues.membership_id,
        owed=Amount(amount=dues.owed, currency=dues.currency),
        overdue_since=dues.overdue_since,
        subscription=(
            SubscriptionView.model_validate(found.subscription, from_attributes=True)
            if found.subscription is not None
            else None
        ),
        claims=[_paid_claim(row, found) for row in found.claims],
        payments=[payment_view(row) for row in found.payments],
        refunds=[refund_view(row) for row in found.refunds],
    )
