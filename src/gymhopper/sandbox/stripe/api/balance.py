"""The balance of an account and what it is made of."""

from gymhopper.sandbox.stripe.billing.bookkeeping import sums
from gymhopper.sandbox.stripe.errors import ResourceMissing
from gymhopper.sandbox.stripe.objects.balance_transaction import as_of, balance
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import Currency, ListParameters, Parameters, Text

endpoints = Endpoints()

_PATH = "/v1/balance_transactions"


class ListBalanceTransactions(ListParameters):
    currency: Currency | None = None
    source: Text | None = None
    type: Text | None = None


@endpoints.on("GET", "/v1/balance", Parameters)
async def retrieve_balance(call: Call, parameters: Parameters) -> Object:
    del parameters
    return balance(await sums(call.store) or [("eur", 0, 0)])


@endpoints.on("GET", f"{_PATH}/{{key}}", Parameters)
async def retrieve_balance_transaction(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    found = await call.store.find("balance_transaction", key)
    if found is None:
        raise ResourceMissing("balance transaction", key, param="id")
    return as_of(found, call.store.now)


@endpoints.on("GET", _PATH, ListBalanceTransactions)
async def list_balance_transactions(call: Call, given: ListBalanceTransactions) -> Object:
    page = await call.store.page(
        "balance_transaction",
        given.filters(),
        limit=given.limit,
        starting_after=given.starting_after,
        ending_before=given.ending_before,
    )
    shown = [as_of(each, call.store.now) for each in page.data]
    return {"object": "list", "data": shown, "has_more": page.has_more, "url": _PATH}
