"""Transfers to connected accounts, and their reversals."""

from typing import Annotated

from pydantic import Field

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing.transfers import reverse, transfer
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    Clearable,
    Currency,
    ListParameters,
    Metadata,
    Paging,
    Parameters,
    Text,
    merged_metadata,
)

endpoints = Endpoints()

_PATH = "/v1/transfers"
Positive = Annotated[Amount, Field(ge=1)]


class CreateTransfer(Parameters):
    amount: Positive
    currency: Currency
    description: Text | None = None
    destination: Text
    metadata: Metadata | None = None
    source_transaction: Text | None = None
    transfer_group: Text | None = None


class UpdateTransfer(Parameters):
    description: Clearable[Text] = None
    metadata: Metadata | None = None


class ListTransfers(ListParameters):
    destination: Text | None = None
    transfer_group: Text | None = None


class CreateReversal(Parameters):
    amount: Positive | None = None
    metadata: Metadata | None = None


@endpoints.on("POST", _PATH, CreateTransfer)
async def create_transfer(call: Call, parameters: CreateTransfer) -> Object:
    store = call.store
    if store.account != ACCOUNT:
        raise InvalidRequest("Only the platform can transfer money here.")
    destination = await store.find("account", parameters.destination)
    if destination is None:
        raise InvalidRequest(
            f"No such destination: '{parameters.destination}'",
            code="resource_missing",
            param="destination",
        )
    source = None
    if parameters.source_transaction is not None:
        source = await store.find("charge", parameters.source_transaction)
        if source is None:
            raise InvalidRequest(
                f"No such charge: '{parameters.source_transaction}'",
                code="resource_missing",
                param="source_transaction",
            )
    return await transfer(
        store,
        amount=parameters.amount,
        currency=parameters.currency,
        destination=destination,
        source=source,
        given=parameters.given("description", "metadata", "transfer_group"),
    )


@endpoints.on("POST", f"{_PATH}/{{key}}", UpdateTransfer)
async def update_transfer(call: Call, parameters: UpdateTransfer, *, key: str) -> Object:
    before = await call.store.get("transfer", key, param="id")
    changes = parameters.given("description")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    return await call.store.update(before, changes, "transfer.updated")


endpoints.retrieving(_PATH, "transfer")
endpoints.listing(_PATH, "transfer", ListTransfers)


@endpoints.on("POST", f"{_PATH}/{{key}}/reversals", CreateReversal)
async def create_reversal(call: Call, parameters: CreateReversal, *, key: str) -> Object:
    of = await call.store.get("transfer", key, param="id")
    left = of["amount"] - of["amount_reversed"]
    if left == 0:
        raise InvalidRequest(f"Transfer {key} is already fully reversed.")
    amount = left if parameters.amount is None else parameters.amount
    if amount > left:
        currency = of["currency"]
        raise InvalidRequest(
            f"Reversal amount ({shown(amount, currency)}) is greater than unreversed amount on "
            f"transfer ({shown(left, currency)})",
            param="amount",
        )
    return await reverse(call.store, of, amount=amount, metadata=parameters.metadata or {})


@endpoints.on("GET", f"{_PATH}/{{key}}/reversals", Paging)
async def list_reversals(call: Call, given: Paging, *, key: str) -> Object:
    of = await call.store.get("transfer", key, param="id")
    page = await call.store.page(
        "transfer_reversal",
        {"transfer": key},
        limit=given.limit,
        starting_after=given.starting_after,
        ending_before=given.ending_before,
    )
    return {**of["reversals"], "data": page.data, "has_more": page.has_more}


@endpoints.on("GET", f"{_PATH}/{{key}}/reversals/{{reversal}}", Parameters)
async def retrieve_reversal(
    call: Call, parameters: Parameters, *, key: str, reversal: str
) -> Object:
    del parameters
    found = await call.store.get("transfer_reversal", reversal, param="id")
    if found["transfer"] != key:
        return await call.store.get("transfer_reversal", "", param="id")
    return found
