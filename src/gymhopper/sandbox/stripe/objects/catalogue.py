"""Products and prices."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def product(*, created: int, name: str, given: Mapping[str, Any]) -> Object:
    """Something that is sold."""
    return {
        "id": object_id("prod"),
        "object": "product",
        "active": True,
        "created": created,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "unit_label": None,
        "updated": created,
        "url": None,
        **given,
    }


def price(
    *,
    created: int,
    product_id: str,
    currency: str,
    unit_amount: int,
    recurring: Mapping[str, Any] | None,
    given: Mapping[str, Any],
) -> Object:
    """What a product costs, once or for each interval; `unit_amount` in minor units."""
    return {
        "id": object_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id,
        "recurring": None
        if recurring is None
        else {
            "interval": recurring["interval"],
            "interval_count": recurring["interval_count"],
            "meter": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time" if recurring is None else "recurring",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
        **given,
    }
