"""Subscriptions and their items. Period dates live on the items."""

from collections.abc import Mapping, Sequence
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id
from gymhopper.sandbox.stripe.periods import Interval


def subscription(
    *,
    created: int,
    customer: str,
    payment_method_id: str,
    lines: Sequence[tuple[Object, int]],
    period_end: int,
    given: Mapping[str, Any],
) -> Object:
    """An active subscription to these recurring prices and quantities, in its first period."""
    key = object_id("sub")
    items = [
        _item(key, price, quantity, created=created, period_end=period_end)
        for price, quantity in lines
    ]
    return {
        "id": key,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": created,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": created,
        "currency": lines[0][0]["currency"],
        "customer": customer,
        "days_until_due": None,
        "default_payment_method": payment_method_id,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": contained(items, f"/v1/subscription_items?subscription={key}"),
        "latest_invoice": None,
        "livemode": False,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": created,
        "status": "active",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
        **given,
    }


def _item(
    subscription_id: str, price: Object, quantity: int, *, created: int, period_end: int
) -> Object:
    return {
        "id": object_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": created,
        "current_period_end": period_end,
        "current_period_start": created,
        "discounts": [],
        "metadata": {},
        "price": price,
        "quantity": quantity,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def period(subscribed: Object) -> tuple[int, int]:
    """The present period `[start, end)`; all items share it."""
    item = subscribed["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def interval(subscribed: Object) -> Interval:
    """How often it renews."""
    recurring = subscribed["items"]["data"][0]["price"]["recurring"]
    return Interval(recurring["interval"], recurring["interval_count"])


def with_period(subscribed: Object, start: int, end: int) -> Object:
    """The items, moved to another period: a value for `items`."""
    items = subscribed["items"]
    moved = [
        {**each, "current_period_start": start, "current_period_end": end} for each in items["data"]
    ]
    return {**items, "data": moved}
