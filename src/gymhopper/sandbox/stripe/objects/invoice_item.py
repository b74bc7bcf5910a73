"""Invoice items: what the next invoice, or a draft, has to hold."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.line import pricing


def invoice_item(
    *,
    date: int,
    customer: Object,
    amount: int,
    currency: str,
    given: Mapping[str, Any],
    price: Object | None = None,
    quantity: int = 1,
) -> Object:
    """An item over `amount` minor units, on no invoice yet."""
    return {
        "id": object_id("ii"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer["id"],
        "date": date,
        "description": None,
        "discountable": amount >= 0,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "net_amount": amount,
        "parent": None,
        "period": {"start": date, "end": date},
        "pricing": pricing(price) if price is not None else None,
        "proration": False,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": customer["test_clock"],
        **given,
    }


def of_subscription(subscription_id: str, item_id: str | None = None) -> Object:
    """The parent of an item that belongs to a subscription, or to one of its items."""
    details = {"subscription": subscription_id}
    if item_id is not None:
        details["subscription_item"] = item_id
    return {"subscription_details": details, "type": "subscription_details"}


def credited(billed: Mapping[str, Any]) -> Object | None:
    """Which earlier charge a credit takes back; None where that is not known."""
    if billed.get("line") is not None:
        return {
            "invoice_line_item_details": {
                "invoice": billed["invoice"],
                "invoice_line_items": [billed["line"]],
            },
            "type": "invoice_line_items",
        }
    if billed.get("invoice_item") is not None:
        return {"invoice_item": billed["invoice_item"], "type": "invoice_item"}
    return None
