"""What a page of Stripe's Checkout is asked to sell: a subscription, or one payment."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gymhopper.contexts.billing.domain.checkout import Checkout
from gymhopper.contexts.billing.domain.claim_page import ClaimPage
from gymhopper.contexts.billing.domain.cycle import first_charge
from gymhopper.contexts.billing.domain.notification import REFERENCE
from gymhopper.contexts.billing.domain.terms import Part, Terms
from gymhopper.contexts.billing.gateways.stripe_coupons import coupon
from gymhopper.contexts.billing.gateways.stripe_objects import to_stripe
from gymhopper.kernel.money import Money

if TYPE_CHECKING:
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionCreateParamsLineItemPriceData,
        SessionCreateParamsPaymentIntentData,
        SessionCreateParamsSubscriptionData,
    )

TRIAL_AT_LEAST = timedelta(days=3)
"""Stripe takes no trial on its page that ends within 48 hours; a request may be repeated later."""

PAGE_AT_LEAST = timedelta(hours=1)
"""Stripe keeps a page open for half an hour or longer; likewise."""

PAGE_AT_MOST = timedelta(hours=24)


def session(checkout: Checkout, *, customer_id: str) -> "SessionCreateParams":
    """The parameters of POST /v1/checkout/sessions; a repeat comes to the same."""
    terms = checkout.terms
    params: SessionCreateParams = {
        "mode": "payment" if terms.single else "subscription",
        "customer": customer_id,
        "client_reference_id": str(checkout.id),
        "line_items": [_sold(terms, part) for part in terms.parts],
        "metadata": _reference(checkout),
        "success_url": checkout.success_url,
        "cancel_url": checkout.cancel_url,
    }
    if terms.single:
        params["payment_intent_data"] = _payment(checkout)
        return params
    params["subscription_data"] = _subscription(checkout)
    if terms.discount is not None:
        params["discounts"] = [{"coupon": coupon(terms, terms.discount)["id"]}]
    closes = _closes(checkout)
    if closes is not None:
        params["expires_at"] = int(closes.timestamp())
    return params


def claim_session(page: ClaimPage, *, customer_id: str | None) -> "SessionCreateParams":
    """One payment for a claim of ours, whose id it bears; a repeat comes to the same."""
    reference = {REFERENCE: str(page.claim_id)}
    params: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": str(page.id),
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": page.currency.lower(),
                    "unit_amount": to_stripe(Money(page.amount, page.currency)),
                    "product_data": {"name": page.text},
                },
            }
        ],
        "metadata": reference,
        "payment_intent_data": {"metadata": reference},
        "success_url": page.return_url,
        "cancel_url": page.return_url,
    }
    if customer_id is not None:
        params["customer"] = customer_id
    return params


def _sold(terms: Terms, part: Part) -> "SessionCreateParamsLineItem":
    """A part of what is sold, under a product that we can tell again."""
    price: SessionCreateParamsLineItemPriceData = {
        "currency": terms.price.currency.lower(),
        "unit_amount": to_stripe(terms.cost(part)),
        "product": terms.product(part),
    }
    if part == "plan" and not terms.single:
        price["recurring"] = {"interval": terms.interval, "interval_count": terms.count}
    return {"quantity": 1, "price_data": price}


def _reference(checkout: Checkout) -> dict[str, str]:
    """A subscription bears the id of ours, a payment that of the page that it was made on."""
    ours = checkout.id if checkout.terms.single else checkout.subscription_id
    return {REFERENCE: str(ours), "membership_id": str(checkout.membership_id)}


def _payment(checkout: Checkout) -> "SessionCreateParamsPaymentIntentData":
    """Without an invoice of Stripe's: ours is the legal one, and two would be one too many."""
    data: SessionCreateParamsPaymentIntentData = {"metadata": _reference(checkout)}
    if checkout.terms.kind == "pack":
        # A visit beyond the pack may be charged later.
        data["setup_future_usage"] = "off_session"
    return data


def _subscription(checkout: Checkout) -> "SessionCreateParamsSubscriptionData":
    """The first charge comes when the contract says so, not so many times 24 hours later."""
    data: SessionCreateParamsSubscriptionData = {"metadata": _reference(checkout)}
    charged_at = _charged_later(checkout)
    if charged_at is None:
        return data
    at = int(charged_at.timestamp())
    if charged_at - checkout.created_at >= TRIAL_AT_LEAST:
        # Whoever takes the card away meanwhile owes the first charge, as with any other.
        data["trial_end"] = at
        data["trial_settings"] = {"end_behavior": {"missing_payment_method": "create_invoice"}}
    else:
        # What comes before the anchor is free.
        data["billing_cycle_anchor"] = at
        data["proration_behavior"] = "none"
    return data


def _charged_later(checkout: Checkout) -> datetime | None:
    """When the first charge comes; None where it comes at once."""
    if not checkout.terms.trial_days:
        return None
    at = first_charge(checkout.terms)
    return at if at - checkout.created_at >= PAGE_AT_LEAST else None


def _closes(checkout: Checkout) -> datetime | None:
    """A page that would be open beyond the first charge closes there."""
    charged_at = _charged_later(checkout)
    if charged_at is None or charged_at - checkout.created_at >= PAGE_AT_MOST:
        return None
    return charged_at
