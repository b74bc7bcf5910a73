"""Payment methods and the setup intents that save them."""

from typing import Any

from gymhopper.sandbox.stripe.cards import Card
from gymhopper.sandbox.stripe.objects.identity import Object, object_id

# Every test card runs out at the end of this year; far enough for any demonstration.
_EXPIRY_YEAR = 2060


def payment_method(
    card: Card, *, created: int, customer: str | None, email: str | None = None
) -> Object:
    """A card as a means of payment, attached to the customer or to nobody yet."""
    return {
        "id": object_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": None,
            "email": email,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "card": {
            **card_details(card),
            "checks": _CHECKS,
            "display_brand": card.brand,
            "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": created,
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


_CHECKS = {
    "address_line1_check": None,
    "address_postal_code_check": None,
    "cvc_check": "pass",
}


def card_details(card: Card) -> Object:
    """What payment methods and charges both say of a card."""
    return {
        "brand": card.brand,
        "country": "US",
        "exp_month": 12,
        "exp_year": _EXPIRY_YEAR,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "last4": card.number[-4:],
        "regulated_status": "unregulated",
    }


def setup_intent(
    *, created: int, customer: str | None, payment_method_id: str, given: dict[str, Any]
) -> Object:
    """A setup intent that has succeeded: the payment method may be charged later."""
    key = object_id("seti")
    return {
        "id": key,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{key}_secret_sandbox",
        "created": created,
        "customer": customer,
        "description": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": payment_method_id,
        "payment_method_options": {
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "succeeded",
        "usage": "off_session",
        **given,
    }
