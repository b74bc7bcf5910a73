"""Signing in at a provider: OpenID Connect's authorization code flow with PKCE."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from weakref import WeakKeyDictionary

import httpx

from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.claims import is_true, text_claim
from gymhopper.contexts.identity.domain.oidc_attempt import Attempt
from gymhopper.contexts.identity.gateways.access_token import Bearer, read_access_token
from gymhopper.contexts.identity.gateways.issuer import Issuer, Metadata, ProviderAway, client
from gymhopper.contexts.identity.gateways.signed_token import (
    BadToken,
    audiences,
    unverified_issuer,
    verified,
)
from gymhopper.contexts.identity.oidc_settings import OidcProvider, OidcSettings
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import Unauthenticated

log = get_logger(__name__)

_ID_TOKEN_TYPES = frozenset({"jwt", ""})


class SignInRefused(Unauthenticated):
    """The provider's answer does not prove who somebody is. What was wrong is in the log."""

    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__("This sign-in did not succeed; please begin again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody whom a provider knows. `email` is there only if the provider is trusted with
    addresses, and has verified this one."""

    issuer: str
    subject: str
    email: str | None


class Provider:
    """One provider: the questions that are put to it."""

    def __init__(self, settings: OidcProvider, clock: Clock) -> None:
        self.settings = settings
        self._issuer = Issuer(settings.issuer, clock)

    async def authorization_url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send the browser. Raises ProviderAway."""
        metadata = await self._issuer.metadata()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(self.settings.scopes),
                "state": attempt.state,
                "nonce": attempt.nonce,
                "code_challenge": attempt.challenge,
                "code_challenge_method": "S256",
            }
        )
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{joint}{query}"

    async def identity(
        self, attempt: Attempt, code: str, named: str | None, redirect_uri: str, now: datetime
    ) -> Identity:
        """Who came back with this code; `named` is the issuer that the answer names (RFC 9207).

        Raises SignInRefused, and ProviderAway when the provider cannot be asked.
        """
        metadata = await self._issuer.metadata()
        if named != self.settings.issuer and (named is not None or metadata.names_itself):
            raise self._refused("answer_of_another_issuer")
        try:
            async with client(self.settings.issuer) as http:
                tokens = await self._exchange(http, metadata, attempt, code, redirect_uri)
                claims = await self._id_claims(tokens.get("id_token"), attempt, now)
                claims = await self._completed(http, metadata, claims, tokens)
        except BadToken as error:
            raise self._refused(f"id_token_{error}") from error
        except (httpx.HTTPError, ValueError) as error:
            log.warning(
                "oidc_provider_away", issuer=self.settings.issuer, error=type(error).__name__
            )
            raise ProviderAway from error
        return self._read(claims)

    async def bearer(self, token: str, now: datetime) -> Bearer:
        """Whom an access token stands for. Raises BadToken."""
        return await read_access_token(token, self.settings, self._issuer, now)

    async def _exchange(
        self,
        http: httpx.AsyncClient,
        metadata: Metadata,
        attempt: Attempt,
        code: str,
        redirect_uri: str,
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        secret = self.settings.client_secret
        basic = None
        if secret is not None and not metadata.secret_in_body:
            # Each part is form-encoded first (RFC 6749 section 2.3.1).
            basic = httpx.BasicAuth(
                quote(self.settings.client_id, safe=""), quote(secret.get_secret_value(), safe="")
            )
        else:
            form["client_id"] = self.settings.client_id
            if secret is not None:
                form["client_secret"] = secret.get_secret_value()
        answer = await http.post(
            metadata.token_endpoint,
            data=form,
            headers={"Accept": "application/json"},
            auth=basic or httpx.USE_CLIENT_DEFAULT,
        )
        if answer.status_code >= 500:
            answer.raise_for_status()
        found = answer.json()
        if answer.status_code != 200 or not isinstance(found, dict):
            raise self._refused(f"code_not_taken_{answer.status_code}")
        return found

    async def _id_claims(self, token: object, attempt: Attempt, now: datetime) -> Mapping[str, Any]:
        if not isinstance(token, str):
            raise self._refused("no_id_token")
        claims = await verified(token, self._issuer, now=now, types=_ID_TOKEN_TYPES)
        meant_for = audiences(claims)
        ours = self.settings.client_id
        if ours not in meant_for:
            raise BadToken("another_client")
        if claims.get("azp", ours if len(meant_for) == 1 else None) != ours:
            raise BadToken("another_party")
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(
            nonce.encode(), attempt.nonce.encode()
        ):
            raise BadToken("another_nonce")
        return claims

    async def _completed(
        self,
        http: httpx.AsyncClient,
        metadata: Metadata,
        claims: Mapping[str, Any],
        tokens: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        """With what the provider tells only when asked (OpenID Connect Core 5.3)."""
        names, endpoint = self.settings.claims, metadata.userinfo_endpoint
        access = tokens.get("access_token")
        if text_claim(claims, names.email) or not endpoint or not isinstance(access, str):
            return claims
        answer = await http.get(endpoint, headers={"Authorization": f"Bearer {access}"})
        if answer.status_code != 200:
            return claims
        told = answer.json()
        if not isinstance(told, dict) or told.get("sub") != claims.get("sub"):
            raise BadToken("userinfo_of_another")
        return {**told, **claims}

    def _read(self, claims: Mapping[str, Any]) -> Identity:
        names = self.settings.claims
        subject = text_claim(claims, names.subject)
        if subject is None:
            raise self._refused("no_subject")
        sure = self.settings.trust_email and is_true(claims, names.email_verified)
        return Identity(
            issuer=self.settings.issuer,
            subject=subject,
            email=text_claim(claims, names.email) if sure else None,
        )

    def _refused(self, why: str) -> SignInRefused:
        log.warning("oidc_sign_in_refused", provider=self.settings.name, why=why)
        return SignInRefused()


class Providers:
    """All that are set up."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._by_name = {each.name: Provider(each, clock) for each in settings.oidc}
        self._by_issuer = {each.settings.issuer: each for each in self._by_name.values()}

    def all(self) -> tuple[OidcProvider, ...]:
        """What is set of each."""
        return tuple(each.settings for each in self._by_name.values())

    def named(self, name: str) -> Provider | None:
        """The provider that the settings call so."""
        return self._by_name.get(name)

    async def bearer(self, token: str, now: datetime) -> Bearer | None:
        """Whom this token of any provider stands for; None when it is not good for us."""
        if not self._by_issuer:
            return None
        provider = self._by_issuer.get(unverified_issuer(token) or "")
        if provider is None:
            return None
        try:
            return await provider.bearer(token, now)
        except BadToken as error:
            log.info("oidc_token_refused", provider=provider.settings.name, why=str(error))
            return None


_providers: "WeakKeyDictionary[Runtime, Providers]" = WeakKeyDictionary()


def oidc_providers(runtime: Runtime) -> Providers:
    """The runtime's providers, with what is known of them."""
    if runtime not in _providers:
        _providers[runtime] = Providers(OidcSettings(), runtime.clock)
    return _providers[runtime]
