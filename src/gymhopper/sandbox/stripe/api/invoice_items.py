"""Invoice items: what is charged besides a subscription, or by hand."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from gymhopper.sandbox.stripe.api.catalogue import existing
from gymhopper.sandbox.stripe.billing import drafting
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.invoice_item import invoice_item, of_subscription
from gymhopper.sandbox.stripe.objects.line import invoice_item_line
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Currency,
    ListParameters,
    Metadata,
    Nested,
    Nothing,
    Parameters,
    Text,
    Timestamp,
    merged_metadata,
)

endpoints = Endpoints()

SignedAmount = Annotated[int, Field(ge=-99_999_999, le=99_999_999)]


class Span(Nested):
    end: Timestamp
    start: Timestamp

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("The period's end must not be before its start")
        return self


class Pricing(Nested):
    price: Text


class UpdateItem(Parameters):
    amount: SignedAmount | None = None
    description: Clearable[Text] = None
    metadata: Metadata | None = None


class CreateItem(UpdateItem):
    currency: Currency | None = None
    customer: Text
    discountable: bool | None = None
    invoice: Text | None = None
    period: Span | None = None
    pricing: Pricing | None = None
    quantity: Annotated[int, Field(ge=1, le=999_999)] = 1
    subscription: Text | None = None


class ListItems(ListParameters):
    customer: Text | None = None
    invoice: Text | None = None
    pending: bool | None = None


@endpoints.on("POST", "/v1/invoiceitems", CreateItem)
async def create_item(call: Call, parameters: CreateItem) -> Object:
    customer = await _named(call.store, "customer", parameters.customer)
    store = await living(call.store, customer)
    billed = await _draft(store, parameters.invoice, customer)
    amount, currency, price = await _amount(store, parameters)
    if billed is not None and billed["currency"] != currency:
        raise InvalidRequest(
            f"The currency of the invoice is {billed['currency']}.", param="currency"
        )
    given: dict[str, Any] = parameters.given("description", "metadata", "period")
    if price is not None and parameters.description is None:
        given["description"] = await drafting.product_name(store, price)
    if parameters.discountable is not None:
        given["discountable"] = parameters.discountable
    if parameters.subscription is not None:
        owner = await _named(store, "subscription", parameters.subscription)
        given["parent"] = of_subscription(owner["id"])
    item = await store.insert(
        invoice_item(
            date=store.now,
            customer=customer,
            amount=amount,
            currency=currency,
            price=price,
            quantity=parameters.quantity,
            given={**given, "invoice": parameters.invoice},
        ),
        "invoiceitem.created",
    )
    if billed is not None:
        lines = [*billed["lines"]["data"], invoice_item_line(billed["id"], item)]
        await drafting.with_lines(store, billed, lines)
    return item


async def _named(store: Store, kind: str, key: str) -> Object:
    return await existing(store, kind, key, within="")


async def _draft(store: Store, key: str | None, customer: Object) -> Object | None:
    if key is None:
        return None
    billed = await _named(store, "invoice", key)
    if billed["status"] != "draft" or billed["customer"] != customer["id"]:
        raise InvalidRequest("Only the customer's own drafts take further items.", param="invoice")
    return billed


async def _amount(store: Store, given: CreateItem) -> tuple[int, str, Object | None]:
    """The whole amount, its currency, and the price that it comes from, if any."""
    if (given.amount is None) == (given.pricing is None):
        raise InvalidRequest(
            "You must specify either `amount` or `pricing[price]`.",
            code="parameter_missing",
            param="amount",
        )
    if given.pricing is None:
        if given.currency is None:
            raise InvalidRequest(
                "Missing required param: currency.", code="parameter_missing", param="currency"
            )
        return given.amount or 0, given.currency, None
    price = await existing(store, "price", given.pricing.price, within="pricing")
    if price["recurring"] is not None:
        raise InvalidRequest(
            "The price specified is set to `type=recurring` but this field only accepts prices "
            "with `type=one_time`.",
            param="pricing[price]",
        )
    return price["unit_amount"] * given.quantity, price["currency"], price


@endpoints.on("POST", "/v1/invoiceitems/{key}", UpdateItem)
async def update_item(call: Call, parameters: UpdateItem, *, key: str) -> Object:
    item = await _pending(call.store, key)
    changes = parameters.given("description")
    if parameters.amount is not None:
        changes |= {"amount": parameters.amount, "net_amount": parameters.amount}
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(item["metadata"], parameters.metadata)
    return await call.store.update(item, changes)


@endpoints.on("DELETE", "/v1/invoiceitems/{key}", Nothing)
async def delete_item(call: Call, parameters: Nothing, *, key: str) -> Object:
    del parameters
    return await call.store.delete(await _pending(call.store, key), "invoiceitem.deleted")


async def _pending(store: Store, key: str) -> Object:
    item = await store.get("invoiceitem", key, param="id")
    if item["invoice"] is not None:
        raise InvalidRequest("This invoice item is on an invoice already and cannot be changed.")
    return item


endpoints.retrieving("/v1/invoiceitems", "invoiceitem")
endpoints.listing("/v1/invoiceitems", "invoiceitem", ListItems)
