"""Invoices, their lines, and the payments made towards them."""

from collections.abc import Mapping, Sequence
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id


def invoice(
    key: str,
    *,
    created: int,
    customer: Object,
    subscription: Object,
    lines: Sequence[Object],
    reason: str,
    period: tuple[int, int],
) -> Object:
    """A draft over these lines; `reason` is Stripe's `billing_reason`."""
    total = sum(line["amount"] for line in lines)
    return {
        **_fixed(),
        "id": key,
        "object": "invoice",
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "created": created,
        "currency": subscription["currency"],
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": None,
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "effective_at": None,
        "ending_balance": None,
        "lines": contained(list(lines), f"/v1/invoices/{key}/lines"),
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "period_start": period[0],
        "period_end": period[1],
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_excluding_tax": total,
    }


def _fixed() -> Object:
    return {
        "account_country": "US",
        "account_name": "Sandbox",
        "account_tax_ids": None,
        "application": None,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "collection_method": "charge_automatically",
        "custom_fields": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "livemode": False,
        "on_behalf_of": None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "test_clock": None,
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def subscription_line(
    invoice_id: str, item: Object, *, period: tuple[int, int], product_name: str
) -> Object:
    """The charge for one subscription item over one period."""
    return _line(
        invoice_id,
        item["price"],
        item["quantity"],
        description=f"{item['quantity']} \N{MULTIPLICATION SIGN} {product_name}",
        period=period,
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": item["subscription"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        subscription=item["subscription"],
    )


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
    return _line(
        invoice_id,
        price,
        quantity,
        description=product_name,
        period=(at, at),
        parent={
            "invoice_item_details": {
                "invoice_item": object_id("ii"),
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription_id,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        subscription=subscription_id,
    )


def _line(
    invoice_id: str,
    price: Object,
    quantity: int,
    *,
    description: str,
    period: tuple[int, int],
    parent: Mapping[str, Any],
    subscription: str,
) -> Object:
    amount = price["unit_amount"] * quantity
    return {
        "id": object_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
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
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
    }


def invoice_payment(billed: Object, payment_intent_id: str, *, created: int) -> Object:
    """The link between an invoice and the payment intent that is to pay it."""
    return {
        "id": object_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": billed["amount_due"],
        "created": created,
        "currency": billed["currency"],
        "invoice": billed["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": payment_intent_id, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
