"""What a provider hands us about somebody is believed only when all of it is right."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contexts.identity.oidc_world import BACK
from contexts.identity.signing_issuer import SigningIssuer, new_key, signed
from gymhopper.contexts.identity.domain.oidc_attempt import Attempt
from gymhopper.contexts.identity.gateways.oidc import Identity, Providers, SignInRefused
from gymhopper.contexts.identity.oidc_settings import OidcSettings
from gymhopper.kernel.clock import ManualClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = int(START.timestamp())
KEY = new_key()


@pytest.fixture
def issuer() -> Iterator[SigningIssuer]:
    with SigningIssuer() as running:
        running.publish(KEY)
        yield running


async def come_back(
    issuer: SigningIssuer, header: dict[str, Any] | None = None, **claims: Any
) -> Identity:
    """Sign in, where the provider answers with these claims; None takes one away."""
    settings: Any = [
        {
            "name": "test",
            "label": "Test",
            "issuer": issuer.url,
            "client_id": "gymhopper",
            "trust_email": True,
        }
    ]
    clock = ManualClock(START)
    asked = Providers(OidcSettings(oidc=settings), clock).named("test")
    assert asked is not None
    attempt = Attempt.new("test", "/", START)
    good = {
        "iss": issuer.url,
        "sub": "ada",
        "aud": "gymhopper",
        "nonce": attempt.nonce,
        "iat": NOW,
        "exp": NOW + 300,
        "email": "ada@example.com",
        "email_verified": True,
    }
    given = {name: value for name, value in (good | claims).items() if value is not None}
    issuer.id_token = signed(KEY, given, **(header or {}))
    return await asked.identity(attempt, "code", None, BACK, START)


async def test_a_right_one_is_believed(issuer: SigningIssuer) -> None:
    found = await come_back(issuer)
    assert found == Identity(issuer=issuer.url, subject="ada", email="ada@example.com")
    shared = await come_back(issuer, aud=["gymhopper", "other"], azp="gymhopper")
    assert shared.subject == "ada"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other"},
        {"aud": ["gymhopper", "other"]},
        {"aud": ["gymhopper", "other"], "azp": "other"},
        {"aud": None},
        {"azp": "other"},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"exp": NOW - 60},
        {"exp": None},
        {"iat": NOW + 61},
        {"nbf": NOW + 61},
        {"sub": None},
        {"sub": ""},
    ],
)
async def test_one_with_a_wrong_claim_is_refused(
    issuer: SigningIssuer, claims: dict[str, Any]
) -> None:
    with pytest.raises(SignInRefused):
        await come_back(issuer, **claims)


@pytest.mark.parametrize("header", [{"alg": "RS512"}, {"kid": "other"}, {"typ": "at+jwt"}])
async def test_one_with_a_strange_header_is_refused(
    issuer: SigningIssuer, header: dict[str, Any]
) -> None:
    with pytest.raises(SignInRefused):
        await come_back(issuer, header)


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
async def test_an_address_counts_only_when_the_provider_has_verified_it(
    issuer: SigningIssuer, verified: object
) -> None:
    assert (await come_back(issuer, email_verified=verified)).email is None
