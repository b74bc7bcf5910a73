"""Invoices, and the payments made towards them."""

from collections.abc import Mapping, Sequence
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id


def invoice(
    key: str,
    *,
    created: int,
    customer: Object,
    subscription: Object | None,
    lines: Sequence[Object],
    reason: str,
    period: tuple[int, int],
    given: Mapping[str, Any],
) -> Object:
    """A draft over these lines; `reason` is Stripe's `billing_reason`. `given` has its totals."""
    return {
        **_fixed(),
        "id": key,
        "object": "invoice",
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "created": created,
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
        "parent": None if subscription is None else _of_subscription(subscription),
        "period_start": period[0],
        "period_end": period[1],
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "test_clock": customer["test_clock"],
        **given,
    }


def _of_subscription(subscription: Object) -> Object:
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": subscription["metadata"],
            "subscription": subscription["id"],
        },
        "type": "subscription_details",
    }


def subscription_of(billed: Object) -> str | None:
    """The id of the subscription that an invoice, or an invoice item, belongs to."""
    details = (billed["parent"] or {}).get("subscription_details") or {}
    found: str | None = details.get("subscription")
    return found


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
        "statement_descriptor": None,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def invoice_payment(billed: Object, payment_intent_id: str, *, created: int) -> Object:
    """The link between an invoice and the payment intent that is to pay it."""
    return {
        "id": object_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": billed["amount_remaining"],
        "created": created,
        "currency": billed["currency"],
        "invoice": billed["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": payment_intent_id, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
