"""Credit notes and their lines."""

from collections.abc import Mapping, Sequence
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id


def credit_note(
    key: str,
    billed: Object,
    lines: Sequence[Object],
    *,
    created: int,
    number: str,
    amounts: Mapping[str, int],
    given: Mapping[str, Any],
) -> Object:
    """A correction of a finalised invoice. `amounts`: `before` and `after` its payment, and what
    of the latter was settled `outside`, in minor units."""
    total = amounts["before"] + amounts["after"]
    kinds = {"before": "pre_payment", "after": "post_payment"}
    named = [kind for part, kind in kinds.items() if amounts[part]]
    return {
        "id": key,
        "object": "credit_note",
        "amount": total,
        "amount_shipping": 0,
        "created": created,
        "currency": billed["currency"],
        "customer": billed["customer"],
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": created,
        "invoice": billed["id"],
        "lines": contained(list(lines), f"/v1/credit_notes/{key}/lines"),
        "livemode": False,
        "memo": None,
        "metadata": {},
        "number": number,
        "out_of_band_amount": amounts["outside"] or None,
        "pdf": f"https://invoices.invalid/{key}/pdf",
        "post_payment_amount": amounts["after"],
        "pre_payment_amount": amounts["before"],
        "pretax_credit_amounts": [],
        "reason": None,
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_excluding_tax": total,
        "total_taxes": [],
        "type": named[0] if len(named) == 1 else "mixed",
        "voided_at": None,
        **given,
    }


def credit_note_line(
    *, amount: int, description: str | None, quantity: int | None, invoice_line: str | None
) -> Object:
    """`amount` minor units of an invoice's line, or of something that the note itself names."""
    unit = amount // quantity if quantity else None
    line: Object = {
        "id": object_id("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": description,
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": quantity,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item" if invoice_line is None else "invoice_line_item",
        "unit_amount": unit,
        "unit_amount_decimal": None if unit is None else str(unit),
    }
    return line if invoice_line is None else {**line, "invoice_line_item": invoice_line}
