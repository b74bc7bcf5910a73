"""Invoices and the payments made towards them."""

from typing import Any, Literal

from gymhopper.sandbox.stripe.api.customers import own_method
from gymhopper.sandbox.stripe.billing import drafting, invoicing, renewal
from gymhopper.sandbox.stripe.billing.clock import catch_up
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.invoice import subscription_of
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Currency,
    ListParameters,
    Metadata,
    Nested,
    Nothing,
    Paging,
    Parameters,
    Text,
    merged_metadata,
)

endpoints = Endpoints()


class UpdateInvoice(Parameters):
    auto_advance: bool | None = None
    default_payment_method: Clearable[Text] = None
    description: Clearable[Text] = None
    metadata: Metadata | None = None


class CreateInvoice(UpdateInvoice):
    auto_advance: bool | None = False
    collection_method: Literal["charge_automatically"] = "charge_automatically"
    currency: Currency | None = None
    customer: Text
    pending_invoice_items_behavior: Literal["exclude", "include"] = "exclude"


class FinalizeInvoice(Parameters):
    auto_advance: bool | None = None


class PayInvoice(Parameters):
    off_session: bool = True
    paid_out_of_band: bool = False
    payment_method: Text | None = None


class ListInvoices(ListParameters):
    customer: Text | None = None
    status: Literal["draft", "open", "paid", "uncollectible", "void"] | None = None
    subscription: Text | None = None


class PaidWith(Nested):
    type: Literal["payment_intent"]
    payment_intent: Text


class ListInvoicePayments(ListParameters):
    invoice: Text | None = None
    payment: PaidWith | None = None
    status: Literal["canceled", "open", "paid"] | None = None

    def filters(self) -> dict[str, Any]:
        """The payment is looked for by its intent."""
        found = super().filters()
        paid_with = found.pop("payment", None)
        return found if paid_with is None else {**found, "paid_with": paid_with["payment_intent"]}


@endpoints.on("POST", "/v1/invoices", CreateInvoice)
async def create_invoice(call: Call, parameters: CreateInvoice) -> Object:
    customer = await call.store.find("customer", parameters.customer)
    if customer is None:
        raise InvalidRequest(
            f"No such customer: '{parameters.customer}'", code="resource_missing", param="customer"
        )
    store = await living(call.store, customer)
    includes = parameters.pending_invoice_items_behavior == "include"
    currency = parameters.currency or await _pending_currency(store, customer)
    if currency is None:
        raise InvalidRequest(
            "There is nothing to learn the invoice's currency from: send `currency`.",
            code="parameter_missing",
            param="currency",
        )
    return await drafting.draft(
        store,
        customer,
        [],
        drafting.Head(
            object_id("in"),
            currency,
            "manual",
            (store.now, store.now),
            pending=includes,
            given={
                "auto_advance": bool(parameters.auto_advance),
                **await _given(store, parameters, customer["id"], {}),
            },
        ),
    )


async def _pending_currency(store: Store, customer: Object) -> str | None:
    found = await store.page(
        "invoiceitem", {"customer": customer["id"], "pending": True, "unowned": True}, limit=1
    )
    return found.data[0]["currency"] if found.data else None


async def _given(
    store: Store, parameters: UpdateInvoice, customer_id: str, metadata: Object
) -> Object:
    changes = parameters.given("default_payment_method", "description")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(metadata, parameters.metadata)
    if parameters.default_payment_method is not None:
        await own_method(
            store, parameters.default_payment_method, customer_id, param="default_payment_method"
        )
    return changes


@endpoints.on("POST", "/v1/invoices/{key}", UpdateInvoice)
async def update_invoice(call: Call, parameters: UpdateInvoice, *, key: str) -> Object:
    store, billed = await _present(call, key)
    changes = await _given(store, parameters, billed["customer"], billed["metadata"])
    if parameters.auto_advance is not None:
        changes["auto_advance"] = parameters.auto_advance
    if changes.keys() - {"auto_advance", "metadata"} and billed["status"] != "draft":
        raise _wrong_status(billed, "updated")
    return await store.update(billed, changes, "invoice.updated")


async def _present(call: Call, key: str) -> tuple[Store, Object]:
    """The invoice after everything that was already due, and a store at its time."""
    billed = await call.store.get("invoice", key, param="invoice")
    store = await living(call.store, billed)
    await catch_up(store, subscription_of(billed) or key, call.recovery)
    return store, await store.get("invoice", key, param="invoice")


def _wrong_status(billed: Object, done: str) -> InvalidRequest:
    return InvalidRequest(
        f"Invoices with status {billed['status']} cannot be {done}.",
        code="invoice_not_editable" if done == "updated" else None,
    )


@endpoints.on("DELETE", "/v1/invoices/{key}", Nothing)
async def delete_invoice(call: Call, parameters: Nothing, *, key: str) -> Object:
    del parameters
    store, billed = await _present(call, key)
    if billed["status"] != "draft" or subscription_of(billed) is not None:
        raise InvalidRequest("Only drafts that belong to no subscription can be deleted.")
    found = await store.page("invoiceitem", {"invoice": key}, limit=250)
    for item in found.data:
        await store.delete(item, "invoiceitem.deleted")
    return await store.delete(billed, "invoice.deleted")


@endpoints.on("POST", "/v1/invoices/{key}/finalize", FinalizeInvoice)
async def finalize_invoice(call: Call, parameters: FinalizeInvoice, *, key: str) -> Object:
    store, billed = await _present(call, key)
    if billed["status"] != "draft":
        raise InvalidRequest(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice."
        )
    if parameters.auto_advance is not None:
        billed = await store.update(billed, {"auto_advance": parameters.auto_advance})
    billed = await invoicing.finalize(store, billed)
    if billed["amount_remaining"] == 0:
        billed = await invoicing.mark_paid(store, billed)
        await renewal.follow_invoice(store, billed)
    elif billed["auto_advance"]:
        billed = await renewal.collect(store, billed, call.recovery)
    return billed


@endpoints.on("POST", "/v1/invoices/{key}/pay", PayInvoice)
async def pay_invoice(call: Call, parameters: PayInvoice, *, key: str) -> Object:
    store, billed = await _present(call, key)
    if billed["status"] == "paid":
        raise InvalidRequest("Invoice is already paid", code="invoice_already_paid")
    if billed["status"] == "draft":
        billed = await invoicing.finalize(store, billed)
    if billed["status"] not in {"open", "uncollectible"}:
        raise InvalidRequest(
            f"Invoices with status {billed['status']} cannot be paid.", code="invoice_not_payable"
        )
    if parameters.paid_out_of_band:
        billed = await invoicing.paid_elsewhere(store, billed)
        await renewal.follow_invoice(store, billed)
        return billed
    if parameters.payment_method is None:
        method = await invoicing.default_method(store, billed)
    else:
        method = await own_method(
            store, parameters.payment_method, billed["customer"], param="payment_method"
        )
    if method is None and billed["amount_remaining"]:
        raise InvalidRequest(
            "There is no default payment method set on this Customer. Please set a default payment "
            "method or specify one.",
            code="resource_missing",
        )
    billed, tried = await invoicing.collect(
        store, billed, method, customer_present=not parameters.off_session, scheduled=False
    )
    if tried is not None and not tried.paid:
        await store.emit("invoice.payment_failed", billed)
        await renewal.follow_invoice(store, billed)
        raise tried.error()
    await renewal.follow_invoice(store, billed)
    return billed


@endpoints.on("POST", "/v1/invoices/{key}/void", Parameters)
async def void_invoice(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    store, billed = await _present(call, key)
    if billed["status"] not in {"open", "uncollectible"}:
        raise _wrong_status(billed, "voided")
    billed = await invoicing.void(store, billed)
    await renewal.follow_invoice(store, billed)
    return billed


@endpoints.on("POST", "/v1/invoices/{key}/mark_uncollectible", Parameters)
async def mark_uncollectible(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    store, billed = await _present(call, key)
    if billed["status"] != "open":
        raise _wrong_status(billed, "marked uncollectible")
    billed = await invoicing.mark_uncollectible(store, billed)
    await renewal.follow_invoice(store, billed)
    return billed


@endpoints.on("GET", "/v1/invoices/{key}/lines", Paging)
async def list_lines(call: Call, parameters: Paging, *, key: str) -> Object:
    billed = await call.store.get("invoice", key, param="invoice")
    lines: list[Object] = billed["lines"]["data"]
    keys = [each["id"] for each in lines]
    start, stop = 0, len(lines)
    for name in ("starting_after", "ending_before"):
        cursor = getattr(parameters, name)
        if cursor is None:
            continue
        if cursor not in keys:
            raise InvalidRequest(
                f"No such line item: '{cursor}'", code="resource_missing", param=name
            )
        if name == "starting_after":
            start = keys.index(cursor) + 1
        else:
            stop = keys.index(cursor)
            start = max(stop - parameters.limit, 0)
    page = lines[start : min(stop, start + parameters.limit)]
    more = start > 0 if parameters.ending_before else start + len(page) < len(lines)
    return {**billed["lines"], "data": page, "has_more": more}


endpoints.retrieving("/v1/invoices", "invoice")
endpoints.listing("/v1/invoices", "invoice", ListInvoices)
endpoints.retrieving("/v1/invoice_payments", "invoice_payment")
endpoints.listing("/v1/invoice_payments", "invoice_payment", ListInvoicePayments)
