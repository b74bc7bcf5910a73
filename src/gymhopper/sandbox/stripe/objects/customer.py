"""Customers."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, invoice_prefix, object_id


def customer(*, created: int, given: Mapping[str, Any]) -> Object:
    """A customer with the attributes that were given."""
    return {
        "id": object_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": invoice_prefix(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
        **given,
    }
