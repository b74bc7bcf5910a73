"""The `Stripe-Signature` header (Stripe's page "Verify webhook signatures manually")."""

import hashlib
import hmac


def sign(secret: str, body: bytes, timestamp: int) -> str:
    """The header for a body that is sent at `timestamp` (Unix seconds)."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
