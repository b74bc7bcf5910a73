"""Charges, and the refunds that give them back."""

from typing import Annotated, Literal

from pydantic import Field

from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing import refunds
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    ListParameters,
    Metadata,
    Parameters,
    Text,
)

endpoints = Endpoints()


class CreateRefund(Parameters):
    amount: Annotated[Amount, Field(ge=1)] | None = None
    charge: Text | None = None
    metadata: Metadata | None = None
    payment_intent: Text | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


class ListRefunds(ListParameters):
    charge: Text | None = None
    payment_intent: Text | None = None


class ListCharges(ListParameters):
    customer: Text | None = None
    payment_intent: Text | None = None


@endpoints.on("POST", "/v1/refunds", CreateRefund)
async def create_refund(call: Call, parameters: CreateRefund) -> Object:
    store = call.store
    charged = await _charge(store, parameters)
    if charged["disputed"]:
        raise InvalidRequest(
            f"Charge {charged['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    left = charged["amount"] - charged["amount_refunded"]
    amount = left if parameters.amount is None else parameters.amount
    if left == 0:
        raise InvalidRequest(
            f"Charge {charged['id']} has already been refunded.", code="charge_already_refunded"
        )
    if amount > left:
        currency = charged["currency"]
        raise InvalidRequest(
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on "
            f"charge ({shown(left, currency)})",
            param="amount",
        )
    return await refunds.give_back(
        store,
        charged,
        amount=amount,
        reason=parameters.reason,
        metadata=parameters.metadata or {},
    )


async def _charge(store: Store, parameters: CreateRefund) -> Object:
    if (parameters.charge is None) == (parameters.payment_intent is None):
        raise InvalidRequest(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            code="parameter_missing",
        )
    if parameters.charge is not None:
        charged = await store.find("charge", parameters.charge)
        if charged is None:
            raise InvalidRequest(
                f"No such charge: '{parameters.charge}'", code="resource_missing", param="charge"
            )
    else:
        charged = await _charge_of(store, parameters.payment_intent or "")
    if not charged["paid"]:
        raise InvalidRequest(
            f"Charge {charged['id']} failed, so there is nothing to refund.", param="charge"
        )
    return charged


async def _charge_of(store: Store, key: str) -> Object:
    intent = await store.find("payment_intent", key)
    if intent is None:
        raise InvalidRequest(
            f"No such payment_intent: '{key}'", code="resource_missing", param="payment_intent"
        )
    if intent["latest_charge"] is None:
        raise InvalidRequest(
            f"This PaymentIntent ({key}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return await store.get("charge", intent["latest_charge"], param="charge")


endpoints.retrieving("/v1/refunds", "refund")
endpoints.listing("/v1/refunds", "refund", ListRefunds)
endpoints.retrieving("/v1/charges", "charge")
endpoints.listing("/v1/charges", "charge", ListCharges)
