"""Signatures by the Standard Webhooks specification: HMAC-SHA-256 over id, timestamp and body."""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from uuid import UUID, uuid5

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> bytes:
    """256 random bits."""
    return os.urandom(_SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The secret as receivers are given it: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secret).decode()


def webhook_id(endpoint_id: UUID, event_id: UUID) -> str:
    """The same for every try and every replay of an event at an endpoint, so that the receiver
    knows what it has seen."""
    return f"msg_{uuid5(endpoint_id, str(event_id)).hex}"


def headers(
    secrets: Iterable[bytes], *, webhook_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three headers of a delivery; one signature for each live secret."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(each, signed) for each in secrets),
    }


def _signature(secret: bytes, signed: bytes) -> str:
    digest = hmac.digest(secret, signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
