"""Checkouts, what memberships owe and paid, refunds, and the provider's events."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.limits import uncounted
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.billing.domain import notification
from gymhopper.contexts.billing.domain.errors import BadSignature
from gymhopper.contexts.billing.gateways.providers import endpoint, payment_provider
from gymhopper.contexts.billing.gateways.signature import verify
from gymhopper.contexts.billing.queries import payments as queries
from gymhopper.contexts.billing.usecases.receive_webhook import receive_webhook
from gymhopper.contexts.billing.usecases.request_refund import RequestRefund, request_refund
from gymhopper.contexts.billing.usecases.start_checkout import StartCheckout, start_checkout
from gymhopper.kernel.money import Money

router = APIRouter(prefix="/payments", tags=["payments"])


class Price(BaseModel):
    """Whole minor units and an ISO 4217 currency."""

    model_config = ConfigDict(extra="forbid")

    amount: int = Field(ge=0, lt=2**53, strict=True)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(examples=["EUR"])


class Amount(BaseModel):
    """Whole minor units and an ISO 4217 currency, in an answer."""

    amount: int
    currency: str


class CheckoutRequest(BaseModel):
    """`price` is the one that was shown; the two URLs are where the person lands afterwards."""

    model_config = ConfigDict(extra="forbid")

    membership_id: UUID
    price: Price
    success_url: AnyHttpUrl | None = None
    cancel_url: AnyHttpUrl | None = None


class CheckoutPage(BaseModel):
    """Where the person pays, until `expires_at`."""

    checkout_id: UUID
    url: str
    expires_at: datetime


class RefundRequest(BaseModel):
    """`amount` minor units, or all that is left; `access` is what it does to the membership."""

    model_config = ConfigDict(extra="forbid")

    amount: int | None = Field(default=None, gt=0, lt=2**53, strict=True)
    access: Literal["keep", "end_now"] = "keep"


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
    """Money that arrived for a claim."""

    payment_id: UUID
    claim_id: UUID
    amount: Amount
    paid_at: datetime


class ClaimView(BaseModel):
    """Money owed for the period `[start, until)`."""

    claim_id: UUID
    status: str
    amount: Amount
    outstanding: Amount
    refunded: Amount
    start: datetime
    until: datetime
    failure_known_at: datetime | None
    paid_at: datetime | None


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
    claims: list[ClaimView]
    payments: list[PaymentView]
    refunds: list[RefundView]


class Accepted(BaseModel):
    """A webhook was stored, or is known already."""

    status: Literal["accepted", "known"]


@router.post(
    "/checkouts",
    status_code=201,
    summary="Open the page for a first payment",
    responses=refuses(402, 502),
)
async def open_checkout(
    body: CheckoutRequest, runtime: CurrentRuntime, caller: AuthSubject = scoped("checkouts:write")
) -> CheckoutPage:
    """Repeating the request while the page is open gives the same page."""
    home = f"{runtime.url}/"
    page = await start_checkout(
        runtime,
        payment_provider(runtime),
        caller,
        StartCheckout(
            membership_id=body.membership_id,
            price=Money(body.price.amount, body.price.currency),
            success_url=str(body.success_url or home),
            cancel_url=str(body.cancel_url or home),
        ),
    )
    return CheckoutPage(checkout_id=page.checkout_id, url=page.url, expires_at=page.expires_at)


@router.get("/memberships/{membership_id}", summary="What a membership owes and paid")
async def show_membership_payments(
    membership_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("payments:read")
) -> MembershipPaymentsView:
    """The mirror of the provider's subscription, the claims, the payments and the refunds."""
    async with runtime.read(caller) as connection:
        found = await queries.membership_payments(connection, membership_id)
    dues = found.dues
    return MembershipPaymentsView(
        membership_id=membership_id,
        owed=Amount(amount=dues.owed, currency=dues.currency),
        overdue_since=dues.overdue_since,
        subscription=(
            SubscriptionView.model_validate(found.subscription, from_attributes=True)
            if found.subscription is not None
            else None
        ),
        claims=[_claim_view(row) for row in found.claims],
        payments=[_payment_view(row) for row in found.payments],
        refunds=[_refund_view(row) for row in found.refunds],
    )


@router.post("/claims/{claim_id}/refunds", status_code=201, summary="Give money back")
async def refund_claim(
    claim_id: UUID,
    body: RefundRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payments:write"),
) -> RefundView:
    """The provider is asked in the background; the refund's status tells how it went."""
    async with runtime.begin(caller) as uow:
        refund = await request_refund(
            uow, RequestRefund(claim_id=claim_id, amount=body.amount, access=body.access)
        )
    return _refund_view(refund)


@router.post(
    "/webhook",
    status_code=202,
    summary="Receive an event of the payment provider",
    dependencies=[uncounted()],
)
async def receive_provider_event(
    request: Request,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
    stripe_signature: Annotated[str | None, Header()] = None,
) -> Accepted:
    """The signature stands for the caller. The event is stored as it came and applied later."""
    body = await request.body()
    source = _signed_by(runtime, body, stripe_signature)
    event = notification.read(body)
    async with runtime.begin(SERVICE) as uow:
        new = await receive_webhook(uow, source=source, body=body, notification=event)
    return Accepted(status="accepted" if new else "known")


def _signed_by(runtime: CurrentRuntime, body: bytes, signature: str | None) -> str:
    """Whose secret signed the body: the platform's endpoint, or that of connected accounts."""
    expected = endpoint(runtime)
    now = runtime.clock.now()
    refusal = BadSignature("No signature of this body matches.")
    for source, secrets in expected.secrets.items():
        try:
            verify(body, signature, secrets, now=now, tolerance=expected.tolerance)
        except BadSignature as error:
            refusal = error
        else:
            return source
    raise refusal


def _claim_view(row: Any) -> ClaimView:
    def money(amount: int) -> Amount:
        return Amount(amount=amount, currency=row.currency)

    return ClaimView(
        claim_id=row.id,
        status=row.status,
        amount=money(row.amount),
        outstanding=money(row.outstanding),
        refunded=money(row.refunded),
        start=row.start,
        until=row.until,
        failure_known_at=row.failure_known_at,
        paid_at=row.paid_at,
    )


def _payment_view(row: Any) -> PaymentView:
    return PaymentView(
        payment_id=row.id,
        claim_id=row.claim_id,
        amount=Amount(amount=row.amount, currency=row.currency),
        paid_at=row.paid_at,
    )


def _refund_view(row: Any) -> RefundView:
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
