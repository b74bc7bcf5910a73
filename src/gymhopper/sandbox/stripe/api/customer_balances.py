"""The customer's balance, moved by hand."""

from gymhopper.sandbox.stripe.api.invoice_items import SignedAmount
from gymhopper.sandbox.stripe.billing import customer_balances
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Currency,
    ListParameters,
    Metadata,
    Parameters,
    Text,
)

endpoints = Endpoints()

_PATH = "/v1/customers/{key}/balance_transactions"


class MoveBalance(Parameters):
    amount: SignedAmount
    currency: Currency
    description: Clearable[Text] = None
    metadata: Metadata | None = None


@endpoints.on("POST", _PATH, MoveBalance)
async def move_balance(call: Call, parameters: MoveBalance, *, key: str) -> Object:
    customer = await call.store.get("customer", key, param="customer")
    moved = await customer_balances.move(
        await living(call.store, customer),
        key,
        parameters.amount,
        currency=parameters.currency,
        kind="adjustment",
        description=parameters.description,
    )
    return await call.store.update(moved, {"metadata": parameters.metadata or {}})


@endpoints.on("GET", _PATH, ListParameters)
async def list_movements(call: Call, parameters: ListParameters, *, key: str) -> Object:
    await call.store.get("customer", key, param="customer")
    found = await call.store.page(
        "customer_balance_transaction",
        {**parameters.filters(), "customer": key},
        limit=parameters.limit,
        starting_after=parameters.starting_after,
        ending_before=parameters.ending_before,
    )
    url = _PATH.format(key=key)
    return {"object": "list", "data": found.data, "has_more": found.has_more, "url": url}
