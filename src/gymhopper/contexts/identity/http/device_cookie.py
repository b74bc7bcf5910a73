"""The cookie by which a device is known again, long after its session has ended.

It signs nobody in. It says: this device has been here before, so that what strangers do to the
account is not held against it. Signed, so that nobody makes up ids.
"""

import hashlib
import hmac
from uuid import UUID

from fastapi import Request, Response

from gymhopper.chassis.secrets import Secrets

PLAIN_NAME = "gymhopper_device"
SECURE_NAME = "__Host-gymhopper_device"

_TWO_YEARS = 2 * 365 * 24 * 3600
_PURPOSE = "identity.device"


def read_device(request: Request, secrets: Secrets) -> UUID | None:
    """The device's id; None when it has none, or one that is not ours."""
    cookie = request.cookies.get(SECURE_NAME) or request.cookies.get(PLAIN_NAME) or ""
    text, _, given = cookie.partition(".")
    try:
        device_id = UUID(hex=text)
    except ValueError:
        return None
    known = (_signature(key.secret, device_id) for key in secrets.keys(_PURPOSE))
    ours = any(hmac.compare_digest(each.encode(), given.encode()) for each in known)
    return device_id if ours else None


def set_device(response: Response, secrets: Secrets, device_id: UUID, *, secure: bool) -> None:
    """Let the device keep its id."""
    response.set_cookie(
        SECURE_NAME if secure else PLAIN_NAME,
        f"{device_id.hex}.{_signature(secrets.key(_PURPOSE), device_id)}",
        max_age=_TWO_YEARS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _signature(key: bytes, device_id: UUID) -> str:
    return hmac.digest(key, device_id.bytes, hashlib.sha256).hex()
