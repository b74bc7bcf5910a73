"""Tokens that a provider signed (JWT, RFC 7519, read with the care of RFC 8725)."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry

from gymhopper.contexts.identity.gateways.issuer import Issuer

ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
"""Public keys only: no secret that two sides share, and never `none`."""

LEEWAY = timedelta(seconds=60)
"""How far the provider's clock may be off."""


class BadToken(Exception):
    """The token is not the provider's, not for now, or none at all; for the log, in one word."""


class _Registry(JWSRegistry):
    """Ours are all the algorithms there are, and none of them is worth a warning."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_registry = _Registry(strict_check_header=False)


def unverified_issuer(token: str) -> str | None:
    """Who the token says that it is from: enough to choose whose keys to try, and no more."""
    try:
        claims = json.loads(jws.extract_compact(token.encode(), registry=_registry).payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    found = claims.get("iss") if isinstance(claims, dict) else None
    return found if isinstance(found, str) else None


async def verified(
    token: str, issuer: Issuer, *, now: datetime, types: frozenset[str]
) -> Mapping[str, Any]:
    """The claims of a token that the issuer signed and that is good now.

    `types` are the acceptable kinds in its header (`typ`, in lower case; "" for none). Raises
    BadToken for whatever is wrong.
    """
    try:
        signed = jws.extract_compact(token.encode(), registry=_registry)
        header = signed.headers()
        if "crit" in header:
            raise BadToken("unknown_extension")
        if _kind(header) not in types:
            raise BadToken("another_type")
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise BadToken("another_algorithm")
        kid = header.get("kid")
        key = await issuer.key(kid if isinstance(kid, str) else None)
        if key is None:
            raise BadToken("unknown_key")
        if not jws.validate_compact(signed, key, registry=_registry):
            raise BadToken("wrong_signature")
        claims = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise BadToken("unreadable") from error
    if not isinstance(claims, dict) or claims.get("iss") != issuer.url:
        raise BadToken("another_issuer")
    _good_now(claims, now)
    return claims


def audiences(claims: Mapping[str, Any]) -> frozenset[str]:
    """For whom the token is meant: a text or a list of them."""
    found = claims.get("aud")
    if isinstance(found, str):
        return frozenset({found})
    if isinstance(found, list):
        return frozenset(each for each in found if isinstance(each, str))
    return frozenset()


def _kind(header: Mapping[str, Any]) -> str:
    return str(header.get("typ", "")).lower().removeprefix("application/")


def _good_now(claims: Mapping[str, Any], now: datetime) -> None:
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    if _instant(claims, "exp") is None:
        raise BadToken("no_expiry")
    for name in ("exp", "nbf", "iat"):
        instant = _instant(claims, name)
        if instant is None:
            continue
        if name == "exp" and instant <= at - leeway:
            raise BadToken("expired")
        if name != "exp" and instant > at + leeway:
            raise BadToken("not_yet_valid")


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    found = claims.get(name)
    if found is None:
        return None
    # An int may be too large for a float; not a number would never be in the past.
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > 1e12:
        raise BadToken(f"bad_{name}")
    if not isfinite(found):
        raise BadToken(f"bad_{name}")
    return float(found)
