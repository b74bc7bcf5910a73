"""Stripe's webhook signatures (docs.stripe.com/webhooks, "Verify webhook signatures manually").

The SDK compares with the machine's time; the platform's clock may run ahead of it.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from gymhopper.contexts.billing.domain.errors import BadSignature


def verify(
    body: bytes,
    header: str | None,
    secrets: Iterable[str],
    *,
    now: datetime,
    tolerance: timedelta,
) -> None:
    """Raise BadSignature unless one of the secrets signed the very bytes not too long ago.

    An empty secret would let anybody sign, so it never matches. A signature from the future is
    accepted, as Stripe's libraries do: clocks differ, and an event counts once anyway.
    """
    timestamp, signatures = _parse(header or "")
    if timestamp < (now - tolerance).timestamp():
        raise BadSignature("The signature is too old.")
    for secret in secrets:
        expected = sign(body, secret, timestamp)
        if secret and any(hmac.compare_digest(expected, each) for each in signatures):
            return
    raise BadSignature("No signature of this body matches.")


def sign(body: bytes, secret: str, timestamp: int) -> bytes:
    """The `v1` signature of a body, in hexadecimal."""
    return hmac.digest(secret.encode(), b"%d." % timestamp + body, "sha256").hex().encode()


def _parse(header: str) -> tuple[int, list[bytes]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for key, _, value in pairs if key == "t"]
    signatures = [value.encode() for key, _, value in pairs if key == "v1"]
    if len(times) != 1 or not times[0].isdecimal() or not times[0].isascii() or not signatures:
        raise BadSignature("The Stripe-Signature header is missing or malformed.")
    if len(times[0]) > 12:
        raise BadSignature("The signature's time is out of range.")
    return int(times[0]), signatures
