"""Payouts of connected accounts to their banks."""

from typing import Annotated, Literal

from pydantic import Field

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.billing.payouts import cancel, pay_out
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    Currency,
    ListParameters,
    Metadata,
    Parameters,
    Text,
    merged_metadata,
)

endpoints = Endpoints()

_PATH = "/v1/payouts"


class CreatePayout(Parameters):
    amount: Annotated[Amount, Field(ge=1)]
    currency: Currency
    description: Text | None = None
    metadata: Metadata | None = None
    method: Literal["standard"] = "standard"
    statement_descriptor: Annotated[Text, Field(max_length=22)] | None = None


class UpdatePayout(Parameters):
    metadata: Metadata | None = None


class ListPayouts(ListParameters):
    destination: Text | None = None
    status: Literal["canceled", "failed", "paid", "pending"] | None = None


@endpoints.on("POST", _PATH, CreatePayout)
async def create_payout(call: Call, parameters: CreatePayout) -> Object:
    account = await call.store.of(ACCOUNT).find("account", call.store.account)
    if account is None:
        raise InvalidRequest("The sandbox pays out connected accounts only, by their header.")
    return await pay_out(
        call.store,
        account,
        amount=parameters.amount,
        currency=parameters.currency,
        given=parameters.given("description", "metadata", "statement_descriptor"),
    )


@endpoints.on("POST", f"{_PATH}/{{key}}", UpdatePayout)
async def update_payout(call: Call, parameters: UpdatePayout, *, key: str) -> Object:
    before = await call.store.get("payout", key, param="id")
    if parameters.metadata is None:
        return before
    changes = {"metadata": merged_metadata(before["metadata"], parameters.metadata)}
    return await call.store.update(before, changes, "payout.updated")


@endpoints.on("POST", f"{_PATH}/{{key}}/cancel", Parameters)
async def cancel_payout(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    return await cancel(call.store, await call.store.get("payout", key, param="id"))


endpoints.retrieving(_PATH, "payout")
endpoints.listing(_PATH, "payout", ListPayouts)
