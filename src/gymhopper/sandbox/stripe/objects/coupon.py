"""Coupons, promotion codes, and the discounts that redeeming one makes."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def coupon(*, key: str, created: int, duration: str, given: Mapping[str, Any]) -> Object:
    """A percentage or an amount off, for one invoice, some months or for good."""
    return {
        "id": key,
        "object": "coupon",
        "amount_off": None,
        "created": created,
        "currency": None,
        "duration": duration,
        "duration_in_months": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "name": None,
        "percent_off": None,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
        **given,
    }


def promotion_code(
    *, created: int, code: str, coupon_id: str, restrictions: Object, given: Mapping[str, Any]
) -> Object:
    """What a customer types in to get a coupon."""
    return {
        "id": object_id("promo"),
        "object": "promotion_code",
        "active": True,
        "code": code,
        "created": created,
        "customer": None,
        "expires_at": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "promotion": {"coupon": coupon_id, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
            **restrictions,
        },
        "times_redeemed": 0,
        **given,
    }


def discount(
    *,
    start: int,
    end: int | None,
    coupon_id: str,
    customer: str,
    subscription: str | None,
    promotion_code_id: str | None,
) -> Object:
    """A coupon in force for a subscription, or for one invoice when there is none."""
    return {
        "id": object_id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": customer,
        "end": end,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": promotion_code_id,
        "source": {"coupon": coupon_id, "type": "coupon"},
        "start": start,
        "subscription": subscription,
        "subscription_item": None,
    }
