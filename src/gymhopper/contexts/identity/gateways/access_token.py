"""Access tokens of a provider, in the shapes that are around.

RFC 9068 and Auth0 write `aud`, `scope` and namespaced claims (Auth0 also `permissions`); Keycloak
puts roles below `realm_access`; Cognito writes no `aud` but `client_id`, `token_use` and
`cognito:groups`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.contexts.identity.domain.api_key import is_scope
from gymhopper.contexts.identity.domain.claims import text_claim, words
from gymhopper.contexts.identity.gateways.issuer import Issuer
from gymhopper.contexts.identity.gateways.signed_token import BadToken, audiences, verified
from gymhopper.contexts.identity.oidc_settings import OidcProvider

_TYPES = frozenset({"at+jwt", "jwt", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whom an access token stands for, and what it may do where it acts for an organisation."""

    issuer: str
    subject: str
    organisation_id: UUID | None
    scopes: tuple[str, ...]
    expires_at: float


async def read_access_token(
    token: str, provider: OidcProvider, issuer: Issuer, now: datetime
) -> Bearer:
    """Raises BadToken when the token is not good, or was made for something else."""
    claims = await verified(token, issuer, now=now, types=_TYPES)
    _meant_for_us(claims, provider)
    subject = text_claim(claims, provider.claims.subject)
    if subject is None:
        raise BadToken("no_subject")
    return Bearer(
        issuer=provider.issuer,
        subject=subject,
        organisation_id=_organisation(claims, provider),
        scopes=_scopes(claims, provider),
        expires_at=float(claims["exp"]),
    )


def _meant_for_us(claims: Mapping[str, Any], provider: OidcProvider) -> None:
    use = claims.get("token_use")
    if use not in {None, "access"} or claims.get("typ") in {"ID", "Refresh"}:
        raise BadToken("no_access_token")
    if provider.audience is not None:
        if provider.audience not in audiences(claims):
            raise BadToken("another_audience")
    elif use != "access" or claims.get("client_id") != provider.client_id or "aud" in claims:
        raise BadToken("another_client")


def _organisation(claims: Mapping[str, Any], provider: OidcProvider) -> UUID | None:
    if provider.claims.organisation is None:
        return provider.organisation_id
    try:
        named = UUID(text_claim(claims, provider.claims.organisation) or "")
    except ValueError:
        return None
    return named if not provider.organisations or named in provider.organisations else None


def _scopes(claims: Mapping[str, Any], provider: OidcProvider) -> tuple[str, ...]:
    allowed = AuthSubject(kind="service", scopes=frozenset(provider.allowed_scopes))
    prefix = provider.scope_prefix
    said = {
        each.removeprefix(prefix)
        for each in words(claims, provider.claims.scopes)
        if each.startswith(prefix)
    }
    for role in words(claims, provider.claims.roles):
        said.update(provider.role_scopes.get(role, ()))
    return tuple(sorted(each for each in said if is_scope(each) and allowed.may(each)))
