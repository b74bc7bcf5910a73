"""Webhook endpoints."""

import secrets
import string
from collections.abc import Sequence
from typing import Any

from gymhopper.sandbox.stripe.account import API_VERSION
from gymhopper.sandbox.stripe.objects.identity import Object, object_id

_ALPHABET = string.ascii_letters + string.digits


def webhook_endpoint(
    *, created: int, url: str, enabled_events: Sequence[str], given: dict[str, Any]
) -> Object:
    """An address that is told of these types of events."""
    return {
        "id": object_id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": created,
        "description": None,
        "enabled_events": list(enabled_events),
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        **given,
    }


def new_secret() -> str:
    """What signs an endpoint's deliveries; shown once."""
    return "whsec_" + "".join(secrets.choice(_ALPHABET) for _ in range(32))
