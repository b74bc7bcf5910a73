"""The lines of invoices."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def subscription_line(
    invoice_id: str,
    item: Object,
    *,
    period: tuple[int, int],
    product_name: str,
    amount: int | None = None,
    trial: bool = False,
) -> Object:
    """The charge for one subscription item over one period; by default for a whole one."""
    quantity = item["quantity"]
    shown = f"{quantity} \N{MULTIPLICATION SIGN} {product_name}"
    made = line(
        invoice_id,
        quantity,
        amount=item["price"]["unit_amount"] * quantity if amount is None else amount,
        currency=item["price"]["currency"],
        description=f"Trial period for {product_name}" if trial else shown,
        period=period,
        parent=_of_item(item["subscription"], item["id"], invoice_item=None),
        subscription=item["subscription"],
    )
    return {**made, "pricing": pricing(item["price"])}


def one_time_line(
    invoice_id: str,
    price: Object,
    quantity: int,
    *,
    at: int,
    subscription_id: str,
    product_name: str,
) -> Object:
    """Something that is paid once, with the first invoice of a subscription."""
    made = line(
        invoice_id,
        quantity,
        amount=price["unit_amount"] * quantity,
        currency=price["currency"],
        description=product_name,
        period=(at, at),
        parent=_of_invoice_item(object_id("ii"), subscription_id, proration=False),
        subscription=subscription_id,
    )
    return {**made, "pricing": pricing(price)}


def invoice_item_line(invoice_id: str, item: Object) -> Object:
    """A pending invoice item that has come onto an invoice."""
    details = (item["parent"] or {}).get("subscription_details") or {}
    subscription_id = details.get("subscription")
    proration = {"credited_items": _credited(item)}
    if details.get("subscription_item") is not None:
        parent = _of_item(
            subscription_id,
            details["subscription_item"],
            invoice_item=item["id"],
            proration_details=proration,
        )
    else:
        parent = _of_invoice_item(item["id"], subscription_id, proration=item["proration"])
    made = line(
        invoice_id,
        item["quantity"],
        amount=item["amount"],
        currency=item["currency"],
        description=item["description"],
        period=(item["period"]["start"], item["period"]["end"]),
        parent=parent,
        subscription=subscription_id,
    )
    copied = ("discountable", "metadata", "pricing")
    return {**made, **{name: item[name] for name in copied}}


def _credited(item: Object) -> Object | None:
    credited = item.get("proration_details", {}).get("credited_items")
    if credited is None or credited["type"] != "invoice_line_items":
        return None
    details = credited["invoice_line_item_details"]
    return {
        "invoice": details["invoice"],
        "invoice_line_items": details["invoice_line_items"],
    }


def _of_item(
    subscription_id: str | None,
    item_id: str,
    *,
    invoice_item: str | None,
    proration_details: Object | None = None,
) -> Object:
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": invoice_item,
            "proration": invoice_item is not None,
            "proration_details": proration_details or {"credited_items": None},
            "subscription": subscription_id,
            "subscription_item": item_id,
        },
        "type": "subscription_item_details",
    }


def _of_invoice_item(item_id: str, subscription_id: str | None, *, proration: bool) -> Object:
    return {
        "invoice_item_details": {
            "invoice_item": item_id,
            "proration": proration,
            "proration_details": {"credited_items": None},
            "subscription": subscription_id,
        },
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }


def line(
    invoice_id: str,
    quantity: int,
    *,
    amount: int,
    currency: str,
    description: str | None,
    period: tuple[int, int],
    parent: Mapping[str, Any],
    subscription: str | None,
) -> Object:
    """One line over `amount` minor units, without a price."""
    return {
        "id": object_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": None,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
    }


def pricing(price: Object) -> Object:
    """How a line or an invoice item names its price."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }
