"""A provider's own word: where its endpoints are, and with which keys it signs.

OpenID Connect Discovery 1.0, and key sets after RFC 7517.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from gymhopper.chassis.logging import get_logger
from gymhopper.contexts.identity.oidc_settings import on_this_machine
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import Unavailable

log = get_logger(__name__)

TIMEOUT_SECONDS = 5.0
FRESH = timedelta(minutes=10)
"""How long keys are believed without asking again, and so how long a withdrawn key may live on."""

RETRY = timedelta(seconds=30)
"""How often the provider is asked at most, whatever callers send."""

KEPT = timedelta(days=1)
"""How long known keys serve while the provider cannot be reached."""

_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})


class ProviderAway(Unavailable):
    """The provider did not answer, or not as one."""

    code = "identity_provider_away"

    def __init__(self) -> None:
        super().__init__("The sign-in provider cannot be reached now; try again in a moment.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The part of the discovery document that is used."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    secret_in_body: bool
    names_itself: bool

    @classmethod
    def read(cls, found: Mapping[str, Any], issuer: str) -> "Metadata":
        """Raises ValueError when it is another issuer's, KeyError when something is missing."""
        if found["issuer"] != issuer:
            raise ValueError("the document names another issuer")
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return cls(
            authorization_endpoint=str(found["authorization_endpoint"]),
            token_endpoint=str(found["token_endpoint"]),
            jwks_uri=str(found["jwks_uri"]),
            userinfo_endpoint=found.get("userinfo_endpoint"),
            secret_in_body="client_secret_basic" not in methods,
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        )


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: Metadata
    keys: tuple[tuple[str | None, Key], ...]
    since: datetime

    def key(self, kid: str | None) -> Key | None:
        """The key of this id; a token that names none is good only where there is one key."""
        if kid is None:
            return self.keys[0][1] if len(self.keys) == 1 else None
        return next((key for known, key in self.keys if known == kid), None)


class Issuer:
    """What is known of one provider, asked again when it is old or a key is unknown."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = url
        self._clock = clock
        self._known: _Known | None = None
        self._tried_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """The provider's endpoints; raises ProviderAway when they are not known."""
        known = await self._fresh(enough=lambda _: True)
        if known is None:
            raise ProviderAway
        return known.metadata

    async def key(self, kid: str | None) -> Key | None:
        """The public key of this id, or None: nobody knows it, or nobody can be asked."""
        known = await self._fresh(enough=lambda found: found.key(kid) is not None)
        return None if known is None else known.key(kid)

    async def _fresh(self, enough: Callable[[_Known], bool]) -> _Known | None:
        """What is known, after asking where that is old or not enough."""
        if self._good(enough):
            return self._known
        # While somebody asks already, old knowledge will do.
        if self._asking.locked() and self._good(enough, KEPT):
            return self._known
        async with self._asking:
            if not self._good(enough) and self._may_ask():
                await self._ask()
        return self._known if self._good(lambda _: True, KEPT) else None

    def _good(self, enough: Callable[[_Known], bool], age: timedelta = FRESH) -> bool:
        known = self._known
        return known is not None and self._clock.now() - known.since < age and enough(known)

    def _may_ask(self) -> bool:
        return self._tried_at is None or self._clock.now() - self._tried_at >= RETRY

    async def _ask(self) -> None:
        self._tried_at = self._clock.now()
        try:
            async with client(self.url) as http:
                address = self.url.rstrip("/") + "/.well-known/openid-configuration"
                metadata = Metadata.read(await _get(http, address), self.url)
                keys = _read_keys(await _get(http, metadata.jwks_uri))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("oidc_provider_away", issuer=self.url, error=type(error).__name__)
            return
        self._known = _Known(metadata, keys, self._tried_at)


def client(url: str) -> httpx.AsyncClient:
    """A client for a few requests to the provider at this address."""
    return httpx.AsyncClient(
        timeout=TIMEOUT_SECONDS, trust_env=not on_this_machine(url), verify=_trusted()
    )


@cache
def _trusted() -> SSLContext:
    # Reading the certificates takes longer than a request.
    return httpx.create_ssl_context()


async def _get(http: httpx.AsyncClient, address: str) -> Mapping[str, Any]:
    answer = await http.get(address, headers={"Accept": "application/json"})
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def _read_keys(found: Mapping[str, Any]) -> tuple[tuple[str | None, Key], ...]:
    """The public signing keys; others, and what cannot be read, are passed over (RFC 7517, 5)."""
    keys: list[tuple[str | None, Key]] = []
    for each in found["keys"]:
        if not isinstance(each, dict) or each.get("kty") not in _KEY_TYPES:
            continue
        if each.get("use", "sig") != "sig":
            continue
        try:
            keys.append((each.get("kid"), JWKRegistry.import_key(each)))
        except (JoseError, ValueError, TypeError):
            log.warning("oidc_key_unreadable", kid=str(each.get("kid")))
    return tuple(keys)
