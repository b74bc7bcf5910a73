"""The OpenID Connect providers that an installation trusts (`GYMHOPPER_IDENTITY_OIDC`)."""

from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment
from gymhopper.contexts.identity.domain.api_key import checked_scopes
from gymhopper.kernel.errors import InvalidInput

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class ClaimNames(BaseModel):
    """Under which names a provider says what we want to know (`domain.claims.claim` reads them)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = "sub"
    email: str = "email"
    email_verified: str = "email_verified"
    organisation: str | None = None
    scopes: tuple[str, ...] = ("scope", "permissions")
    roles: tuple[str, ...] = ()


class OidcProvider(BaseModel):
    """One provider.

    For people: `client_id`, and `client_secret` unless the client is a public one. With
    `trust_email` an address that the provider has verified opens the account of that address.

    For programs: access tokens must be meant for `audience`; without one they must name our client
    and be marked as access tokens, as Cognito's are. A token acts for `organisation_id`, or for the
    organisation that its claim names, if that is one of `organisations` (empty: any). It may do
    what its scopes and roles (by `role_scopes`) say, and never more than `allowed_scopes`.
    `scope_prefix` is taken off the provider's names of scopes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Slug
    label: str = Field(min_length=1, max_length=100)
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    audience: str | None = Field(default=None, min_length=1)
    scopes: tuple[str, ...] = ("openid", "email")
    claims: ClaimNames = ClaimNames()
    trust_email: bool = False
    organisation_id: UUID | None = None
    organisations: frozenset[UUID] = frozenset()
    allowed_scopes: tuple[str, ...] = ()
    role_scopes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    scope_prefix: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not _trustworthy(self.issuer):
            raise ValueError("an issuer is reached over https, or on this machine")
        if self.audience == self.client_id:
            raise ValueError("an audience like the client's id would let ID tokens pass for others")
        if "openid" not in self.scopes:
            raise ValueError("without the scope openid a provider does not say who somebody is")
        try:
            for scopes in (self.allowed_scopes, *self.role_scopes.values()):
                if scopes:
                    checked_scopes(scopes)
        except InvalidInput as error:
            raise ValueError(error.detail) from error
        return self


class OidcSettings(FromEnvironment):
    """All providers, as a JSON list of objects."""

    model_config = SettingsConfigDict(
        env_prefix="GYMHOPPER_IDENTITY_", extra="ignore", hide_input_in_errors=True
    )

    oidc: tuple[OidcProvider, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for which in ("name", "issuer"):
            if len({getattr(each, which) for each in self.oidc}) < len(self.oidc):
                raise ValueError(f"two providers have the same {which}")
        return self


def _trustworthy(issuer: str) -> bool:
    parts = urlsplit(issuer)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and on_this_machine(issuer))
    )


def on_this_machine(url: str) -> bool:
    """Whether the address is localhost or in the loopback range."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
