"""Invoices and the payments made towards them."""

from typing import Any, Literal

from gymhopper.sandbox.stripe.api.customers import own_method
from gymhopper.sandbox.stripe.billing import invoicing, renewal
from gymhopper.sandbox.stripe.billing.clock import catch_up
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import ListParameters, Nested, Parameters, Text

endpoints = Endpoints()


class PayInvoice(Parameters):
    off_session: bool = True
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


@endpoints.on("POST", "/v1/invoices/{key}/pay", PayInvoice)
async def pay_invoice(call: Call, parameters: PayInvoice, *, key: str) -> Object:
    store = call.store
    billed = await store.get("invoice", key, param="invoice")
    await catch_up(store, billed["parent"]["subscription_details"]["subscription"], call.recovery)
    billed = await store.get("invoice", key, param="invoice")
    if billed["status"] == "paid":
        raise InvalidRequest("Invoice is already paid", code="invoice_already_paid")
    if billed["status"] == "draft":
        billed = await invoicing.finalize(store, billed)
    if billed["status"] not in {"open", "uncollectible"}:
        raise InvalidRequest(
            f"Invoices with status {billed['status']} cannot be paid.", code="invoice_not_payable"
        )
    if parameters.payment_method is None:
        method = await invoicing.default_method(store, billed)
    else:
        method = await own_method(
            store, parameters.payment_method, billed["customer"], param="payment_method"
        )
    billed, tried = await invoicing.collect(
        store, billed, method, customer_present=not parameters.off_session, scheduled=False
    )
    if tried is not None and not tried.paid:
        await store.emit("invoice.payment_failed", billed)
        raise tried.error()
    await renewal.follow_invoice(store, billed)
    return billed


endpoints.retrieving("/v1/invoices", "invoice")
endpoints.listing("/v1/invoices", "invoice", ListInvoices)
endpoints.retrieving("/v1/invoice_payments", "invoice_payment")
endpoints.listing("/v1/invoice_payments", "invoice_payment", ListInvoicePayments)
