"""Subscriptions and their items. Period dates live on the items."""

from collections.abc import Mapping, Sequence
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id
from gymhopper.sandbox.stripe.periods import Interval


def subscription(
    key: str,
    *,
    created: int,
    customer: Object,
    items: Sequence[Object],
    anchor: int,
    given: Mapping[str, Any],
) -> Object:
    """An active subscription to these items, whose cycle is counted from the anchor."""
    return {
        "id": key,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": created,
        "currency": items[0]["price"]["currency"],
        "customer": customer["id"],
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": contained(list(items), f"/v1/subscription_items?subscription={key}"),
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
        "test_clock": customer["test_clock"],
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
        **given,
    }


def subscription_item(
    subscription_id: str,
    price: Object,
    quantity: int,
    *,
    created: int,
    period: tuple[int, int],
    given: Mapping[str, Any] | None = None,
) -> Object:
    """One price and its quantity, in its present period."""
    return {
        "id": object_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": created,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "price": price,
        "quantity": quantity,
        "subscription": subscription_id,
        "tax_rates": [],
        **(given or {}),
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
