"""Codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, thirty seconds)."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pyotp import TOTP

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""How many steps the app's clock may be off, either way."""

_SECRET_BYTES = 20  # as long as the hash, which RFC 4226 section 4 recommends


@dataclass(eq=False, kw_only=True)
class Authenticator:
    """The app of one account; `sealed` is its secret.

    It counts from `confirmed_at` on, when the person has shown a first code. `last_step` is the
    step of the latest accepted code: neither that code nor an older one is accepted again.
    """

    account_id: UUID
    sealed: bytes = field(repr=False)
    created_at: datetime
    confirmed_at: datetime | None = None
    last_step: int = 0

    def accept(self, secret: bytes, code: str, now: datetime) -> bool:
        """Whether the code is right now and was not used; an accepted one is used from now on."""
        step = matching_step(secret, code, now)
        if step is None or step <= self.last_step:
            return False
        self.last_step = step
        return True


def new_secret() -> bytes:
    """A secret that no app has."""
    return secrets.token_bytes(_SECRET_BYTES)


def matching_step(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step that the code belongs to, the present one or a neighbour; None: it is wrong."""
    app = TOTP(shown(secret), interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        # All are compared, so that the time taken does not tell which was nearly right.
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def shown(secret: bytes) -> str:
    """The secret as a person types it into an app: base32."""
    return base64.b32encode(secret).decode()


def provisioning_uri(secret: bytes, *, holder: str, issuer: str) -> str:
    """The `otpauth:` address that apps read from a QR code."""
    return TOTP(shown(secret), interval=STEP_SECONDS).provisioning_uri(
        name=holder, issuer_name=issuer
    )
