"""Payment methods."""

from gymhopper.sandbox.stripe.cards import Card
from gymhopper.sandbox.stripe.objects.identity import Object, object_id

# Every test card runs out at the end of this year; far enough for any demonstration.
_EXPIRY_YEAR = 2060


def payment_method(card: Card, *, created: int, email: str | None = None) -> Object:
    """A card as a means of payment that belongs to nobody yet."""
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
        "customer": None,
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
        "funding": "debit" if card.token.endswith("_debit") else "credit",
        "last4": card.number[-4:],
        "regulated_status": "unregulated",
    }
