"""The cookie in which a browser keeps a sign-in that has gone to a provider."""

import base64
import binascii
import re
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidTag
from fastapi import Request, Response

from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.sealing import Sealer
from gymhopper.contexts.identity.domain.oidc_attempt import LIFE, Attempt

_STATE = re.compile(r"[A-Za-z0-9_-]{43}")


def keep_attempt(response: Response, runtime: Runtime, attempt: Attempt) -> None:
    """Have the browser keep it, sealed, until it comes back."""
    sealed = _sealer(runtime).seal(msgspec.json.encode(attempt), bound_to=attempt.state.encode())
    response.set_cookie(
        _name(runtime, attempt.state),
        base64.urlsafe_b64encode(sealed).decode().rstrip("="),
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=_secure(runtime),
        httponly=True,
        samesite="lax",
    )


def read_attempt(
    request: Request, runtime: Runtime, state: str, provider: str, now: datetime
) -> Attempt | None:
    """The attempt of this state that this very browser made at this provider a moment ago."""
    if not _STATE.fullmatch(state):
        return None
    text = request.cookies.get(_name(runtime, state), "")
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        opened = _sealer(runtime).open(sealed, bound_to=state.encode())
    except (binascii.Error, ValueError, InvalidTag):
        return None
    attempt = msgspec.json.decode(opened, type=Attempt)
    return attempt if attempt.provider == provider and now < attempt.until else None


def forget_attempt(response: Response, runtime: Runtime, state: str) -> None:
    """It was used, and is not used again."""
    response.delete_cookie(
        _name(runtime, state), path="/", secure=_secure(runtime), httponly=True, samesite="lax"
    )


def _name(runtime: Runtime, state: str) -> str:
    # One for each attempt: somebody may have begun in two tabs.
    prefix = "__Host-" if _secure(runtime) else ""
    return f"{prefix}gymhopper_oidc_{state[:12]}"


def _secure(runtime: Runtime) -> bool:
    return runtime.public_url.startswith("https://")


def _sealer(runtime: Runtime) -> Sealer:
    return Sealer(runtime.secrets, "identity.oidc-attempt")
