"""Credit notes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gymhopper.sandbox.stripe.api.catalogue import existing
from gymhopper.sandbox.stripe.billing import crediting
from gymhopper.sandbox.stripe.billing.crediting import Correction
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.credit_note import credit_note_line
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    Listed,
    ListParameters,
    Metadata,
    Nested,
    Parameters,
    Text,
)

endpoints = Endpoints()


class Line(Nested):
    amount: Annotated[Amount, Field(ge=1)] | None = None
    description: Text | None = None
    invoice_line_item: Text | None = None
    quantity: Annotated[int, Field(ge=1)] | None = None
    type: Literal["custom_line_item", "invoice_line_item"]
    unit_amount: Amount | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if (self.type == "invoice_line_item") != (self.invoice_line_item is not None):
            raise ValueError("invoice_line_item goes with its type, and only so")
        by_unit = self.unit_amount is not None and self.quantity is not None
        if (self.amount is None) != by_unit:
            raise ValueError("A line has an amount, or a unit_amount and a quantity")
        return self

    @property
    def total(self) -> int:
        """In minor units."""
        return self.amount or (self.unit_amount or 0) * (self.quantity or 0)


class CreateNote(Parameters):
    amount: Annotated[Amount, Field(ge=1)] | None = None
    credit_amount: Amount = 0
    invoice: Text
    lines: Listed[Line] | None = None
    memo: Text | None = None
    metadata: Metadata | None = None
    out_of_band_amount: Amount = 0
    reason: Literal["duplicate", "fraudulent", "order_change", "product_unsatisfactory"] | None = (
        None
    )
    refund_amount: Amount = 0


class ListNotes(ListParameters):
    customer: Text | None = None
    invoice: Text | None = None


@endpoints.on("POST", "/v1/credit_notes", CreateNote)
async def create_note(call: Call, parameters: CreateNote) -> Object:
    billed = await existing(call.store, "invoice", parameters.invoice, within="")
    store = await living(call.store, billed)
    if billed["status"] not in {"open", "paid", "uncollectible"}:
        raise InvalidRequest(
            f"A credit note is not possible on an invoice with status {billed['status']}.",
            param="invoice",
        )
    if (parameters.amount is None) == (parameters.lines is None):
        raise InvalidRequest(
            "You must specify either `amount` or `lines`.", code="parameter_missing", param="amount"
        )
    lines = [_line(billed, each, index) for index, each in enumerate(parameters.lines or [])]
    amount = parameters.amount or sum(each["amount"] for each in lines)
    if parameters.lines is None:
        lines = [credit_note_line(amount=amount, description=None, quantity=1, invoice_line=None)]
    wanted = Correction(
        amount,
        lines,
        refund=parameters.refund_amount,
        credit=parameters.credit_amount,
        outside=parameters.out_of_band_amount,
    )
    given = parameters.given("memo", "metadata", "reason")
    return await crediting.issue(store, billed, wanted, given=given)


def _line(billed: Object, given: Line, index: int) -> Object:
    description, key = given.description, given.invoice_line_item
    if key is not None:
        found = [each for each in billed["lines"]["data"] if each["id"] == key]
        if not found:
            raise InvalidRequest(
                f"No such line item: '{key}'",
                code="resource_missing",
                param=f"lines[{index}][invoice_line_item]",
            )
        description = found[0]["description"]
    return credit_note_line(
        amount=given.total, description=description, quantity=given.quantity, invoice_line=key
    )


@endpoints.on("POST", "/v1/credit_notes/{key}/void", Parameters)
async def void_note(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    note = await call.store.get("credit_note", key, param="id")
    billed = await call.store.get("invoice", note["invoice"], param="invoice")
    return await crediting.void(await living(call.store, billed), note)


endpoints.retrieving("/v1/credit_notes", "credit_note")
endpoints.listing("/v1/credit_notes", "credit_note", ListNotes)
