"""Setup intents, which save a means of payment for later charges."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def setup_intent(
    *,
    created: int,
    customer: str | None,
    payment_method_id: str | None,
    given: Mapping[str, Any],
) -> Object:
    """An intent to save a means of payment, before its first attempt."""
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
        "status": "requires_payment_method"
        if payment_method_id is None
        else "requires_confirmation",
        "usage": "off_session",
        **given,
    }
