"""Changes of what a running Stripe subscription costs, and previews of them.

A preview and the change that follows send the same item, the same `proration_date` and the same
behaviour, so that they come to the same amount (docs.stripe.com/billing/subscriptions/prorations).
Both take discounts away: what is given back of the old plan is a part of what was really paid.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import stripe

from gymhopper.contexts.billing.domain.provider import ProviderPreview
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contexts.billing.gateways import stripe_objects as objects
from gymhopper.contexts.billing.gateways.stripe_objects import to_stripe
from gymhopper.kernel.money import Money

if TYPE_CHECKING:
    from stripe.params import InvoiceCreatePreviewParamsSubscriptionDetails as Details
    from stripe.params import SubscriptionUpdateParams

CHANGE = "gymhopper_plan_change"
"""The metadata key that tells which change of ours a subscription has seen last."""

_AT_ONCE: Literal["always_invoice"] = "always_invoice"


def _item(found: stripe.Subscription, terms: Terms) -> Any:
    """The subscription's one item at the plan's price; a price is made for it each time."""
    return {
        "id": found.items.data[0].id,
        "price_data": {
            "currency": terms.price.currency.lower(),
            "unit_amount": to_stripe(terms.price),
            "product": terms.product("plan"),
            "recurring": {"interval": terms.interval, "interval_count": terms.count},
        },
    }


async def reprice(v1: "stripe.V1Services", subscription_id: str, terms: Terms) -> None:
    """POST /v1/subscriptions/{id}, without proration."""
    found = await v1.subscriptions.retrieve_async(subscription_id)
    await v1.subscriptions.update_async(
        subscription_id, {"items": [_item(found, terms)], "proration_behavior": "none"}
    )


async def preview(
    v1: "stripe.V1Services", subscription_id: str, terms: Terms, at: datetime
) -> ProviderPreview:
    """POST /v1/invoices/create_preview: the invoice that the change would make at once.

    Where nothing is charged at once Stripe shows the next renewal instead, which is none of it.
    """
    found = await v1.subscriptions.retrieve_async(subscription_id)
    details: Details = {
        "items": [_item(found, terms)],
        "proration_behavior": _AT_ONCE,
        "proration_date": int(at.timestamp()),
    }
    shown = await v1.invoices.create_preview_async(
        {"subscription": subscription_id, "subscription_details": details, "discounts": ""}
    )
    made = objects.preview(shown)
    ends = datetime.fromtimestamp(found.items.data[0].current_period_end, UTC)
    if any(not each.proration and each.period.start >= ends for each in made.lines):
        return ProviderPreview(amount=Money(0, made.amount.currency), lines=())
    return made


async def change(
    v1: "stripe.V1Services",
    change_id: UUID,
    subscription_id: str,
    terms: Terms,
    at: datetime | None,
) -> str | None:
    """POST /v1/subscriptions/{id}, invoiced at once; a payment that fails undoes all of it.

    Without an instant there is no proration: below zero it would be an invoice of Stripe's that
    nobody pays, and credit that is in none of our books.
    """
    found = await v1.subscriptions.retrieve_async(subscription_id)
    if CHANGE not in found.metadata or found.metadata[CHANGE] != str(change_id):
        wanted: SubscriptionUpdateParams = {
            "items": [_item(found, terms)],
            "proration_behavior": "none",
            "metadata": {CHANGE: str(change_id)},
            "discounts": "",
        }
        if at is not None:
            wanted["proration_behavior"] = _AT_ONCE
            wanted["proration_date"] = int(at.timestamp())
            wanted["payment_behavior"] = "error_if_incomplete"
        found = await v1.subscriptions.update_async(
            subscription_id, wanted, {"idempotency_key": f"plan_change:{change_id}"}
        )
    return objects.key_of(found.latest_invoice) if found.latest_invoice is not None else None
