"""What is paid at the desk: in cash or by transfer, without a payment provider."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.http.fields import (
    MembershipPaymentsView,
    PaymentView,
    Price,
    membership_payments_view,
    payment_view,
)
from gymhopper.contexts.billing.queries import payments as queries
from gymhopper.contexts.billing.usecases.collect_by_hand import CollectByHand, collect_by_hand
from gymhopper.contexts.billing.usecases.record_payment import (
    RecordPayment,
    record_payment,
    take_payment_back,
)
from gymhopper.kernel.money import Money

router = APIRouter(prefix="/payments", tags=["payments"])

Short = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]


class DeskCollection(BaseModel):
    """`price` is the one that was shown."""

    model_config = ConfigDict(extra="forbid")

    price: Price


class Received(BaseModel):
    """Money that came in. `reference` is what stands on the receipt or the transfer."""

    model_config = ConfigDict(extra="forbid")

    amount: Price
    method: Literal["cash", "transfer"]
    received_at: AwareDatetime | None = Field(
        default=None, description="When it came in; this moment when missing"
    )
    reference: Short | None = None


class TakenBack(BaseModel):
    """Why the money is not here after all."""

    model_config = ConfigDict(extra="forbid")

    reason: Short = Field(examples=["Entered for the wrong member"])


@router.post(
    "/memberships/{membership_id}/desk",
    status_code=201,
    summary="Have a membership paid at the desk",
    responses=refuses(502),
)
async def collect_at_desk(
    membership_id: UUID,
    body: DeskCollection,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("receipts:write"),
) -> MembershipPaymentsView:
    """Claims its first payment. A page for paying by card that was opened before is closed."""
    await collect_by_hand(
        runtime,
        payment_provider(runtime),
        caller,
        CollectByHand(
            membership_id=membership_id, price=Money(body.price.amount, body.price.currency)
        ),
    )
    async with runtime.read(caller) as connection:
        found = await queries.membership_payments(connection, membership_id)
    return membership_payments_view(found)


@router.post("/claims/{claim_id}/payments", status_code=201, summary="Enter money that came in")
async def enter_payment(
    claim_id: UUID,
    body: Received,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("receipts:write"),
) -> PaymentView:
    """In cash or by transfer, whole or in parts, for a claim that no payment provider collects."""
    async with runtime.begin(caller) as uow:
        payment = await record_payment(
            uow,
            RecordPayment(
                claim_id=claim_id,
                received=Money(body.amount.amount, body.amount.currency),
                method=body.method,
                received_at=body.received_at,
                reference=body.reference,
            ),
        )
    return payment_view(payment)


@router.post("/payments/{payment_id}/take-back", summary="Say that money is not here after all")
async def take_back_payment(
    payment_id: UUID,
    body: TakenBack,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payments:write"),
) -> PaymentView:
    """A wrong entry, or a transfer that the bank took back: the claim is owed again."""
    async with runtime.begin(caller) as uow:
        payment = await take_payment_back(uow, payment_id, body.reason)
    return payment_view(payment)
