"""Checkouts, what memberships owe and paid, refunds, and the provider's events."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.limits import uncounted
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.billing.domain import notification
from gymhopper.contexts.billing.domain.errors import BadSignature
from gymhopper.contexts.billing.gateways.providers import endpoint, payment_provider
from gymhopper.contexts.billing.gateways.signature import verify
from gymhopper.contexts.billing.http.fields import (
    MembershipPaymentsView,
    Price,
    RefundView,
    membership_payments_view,
    refund_view,
)
from gymhopper.contexts.billing.queries import payments as queries
from gymhopper.contexts.billing.usecases.receive_webhook import Arrival, receive_webhook
from gymhopper.contexts.billing.usecases.request_refund import RequestRefund, request_refund
from gymhopper.contexts.billing.usecases.start_checkout import StartCheckout, start_checkout
from gymhopper.kernel.money import Money

router = APIRouter(prefix="/payments", tags=["payments"])


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
    return membership_payments_view(found)


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
    return refund_view(refund)


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
    new = await receive_webhook(runtime, Arrival(source=source, body=body, notification=event))
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
