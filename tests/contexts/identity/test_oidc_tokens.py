"""Access tokens of providers: good ones are read in every shape, all others are refused."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import Key, OctKey, RSAKey

from contexts.identity.signing_issuer import SigningIssuer, new_key, signed
from gymhopper.contexts.identity.gateways.access_token import Bearer
from gymhopper.contexts.identity.gateways.oidc import Providers
from gymhopper.contexts.identity.oidc_settings import OidcSettings
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NORTH = UUID("0195f3a0-0000-7000-8000-000000000001")
ORGANISATION = "https://gym.test/organisation"
KEY = new_key()
OTHER = new_key(kid="other")


class World:
    """An issuer with one key, and providers that know of it."""

    def __init__(self, issuer: SigningIssuer) -> None:
        self.issuer = issuer
        self.clock = ManualClock(START)
        self.trust()
        issuer.publish(KEY)

    def trust(self, **settings: object) -> None:
        """Set the provider up anew: nothing is known of it."""
        provider = {
            "name": "test",
            "label": "Test",
            "issuer": self.issuer.url,
            "client_id": "gymhopper",
            "audience": "urn:gymhopper:api",
            "claims": {"organisation": ORGANISATION},
            "allowed_scopes": ["members:*", "billing:read"],
        }
        given: Any = [provider | settings]
        self.providers = Providers(OidcSettings(oidc=given), self.clock)

    def claims(self, **changed: object) -> dict[str, Any]:
        """Of a good token; None takes one away."""
        now = int(self.clock.now().timestamp())
        good = {
            "iss": self.issuer.url,
            "sub": "robot",
            "aud": ["urn:other", "urn:gymhopper:api"],
            "iat": now,
            "exp": now + 600,
            "scope": "openid members:read billing:write",
            ORGANISATION: str(NORTH),
        }
        return {name: value for name, value in (good | changed).items() if value is not None}

    async def reads(self, token: str) -> Bearer | None:
        return await self.providers.bearer(token, self.clock.now())

    async def reads_claims(self, **changed: object) -> Bearer | None:
        return await self.reads(signed(KEY, self.claims(**changed)))


@pytest.fixture
def world() -> Iterator[World]:
    with SigningIssuer() as issuer:
        yield World(issuer)


async def test_a_token_in_the_shape_of_auth0_is_read(world: World) -> None:
    found = await world.reads_claims(permissions=["members:write", "staff:read"])

    assert found is not None
    assert (found.issuer, found.subject) == (world.issuer.url, "robot")
    assert found.organisation_id == NORTH
    assert found.scopes == ("members:read", "members:write")


async def test_a_token_in_the_shape_of_cognito_is_read(world: World) -> None:
    world.trust(
        audience=None,
        organisation_id=str(NORTH),
        claims={"roles": ["cognito:groups"]},
        role_scopes={"desk": ["members:write"]},
        scope_prefix="gym/",
    )
    cognito = {
        "aud": None,
        "client_id": "gymhopper",
        "token_use": "access",
        "scope": "gym/members:read billing:read",
        "cognito:groups": ["desk", "unheard-of"],
    }

    found = await world.reads_claims(**cognito)
    assert found is not None
    assert (found.organisation_id, found.scopes) == (NORTH, ("members:read", "members:write"))
    for wrong in ({"token_use": "id"}, {"token_use": None}, {"client_id": "other"}):
        assert await world.reads_claims(**(cognito | wrong)) is None
    assert await world.reads_claims(**(cognito | {"aud": "gymhopper"})) is None


async def test_a_token_in_the_shape_of_keycloak_is_read(world: World) -> None:
    world.trust(
        claims={"organisation": ORGANISATION, "roles": ["realm_access.roles"]},
        role_scopes={"accountant": ["billing:read", "billing:write"]},
    )
    keycloak = {"azp": "gymhopper", "typ": "Bearer", "realm_access": {"roles": ["accountant"]}}

    found = await world.reads_claims(**keycloak, scope="profile email")
    assert found is not None
    assert found.scopes == ("billing:read",)
    assert await world.reads_claims(**(keycloak | {"typ": "ID"})) is None


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256"), ("OKP", "EdDSA"), ("OKP", "Ed25519")],
)
async def test_every_allowed_algorithm_is_read(world: World, kind: str, algorithm: str) -> None:
    key = new_key(kind)
    world.issuer.publish(key)
    assert await world.reads(signed(key, world.claims(), alg=algorithm)) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "urn:another:api"},
        {"aud": ["gymhopper"]},
        {"aud": None},
        {"aud": {"urn:gymhopper:api": True}},
        {"iss": "https://other.test"},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"exp": int((START - timedelta(seconds=60)).timestamp())},
        {"nbf": int((START + timedelta(seconds=61)).timestamp())},
        {"iat": int((START + timedelta(seconds=61)).timestamp())},
        {"sub": None},
        {"sub": 7},
        {"token_use": "id"},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(
    world: World, changed: dict[str, object]
) -> None:
    assert await world.reads_claims(**changed) is None


async def test_clocks_may_differ_by_a_minute(world: World) -> None:
    for changed in (
        {"exp": int((START - timedelta(seconds=59)).timestamp())},
        {"nbf": int((START + timedelta(seconds=60)).timestamp())},
    ):
        assert await world.reads_claims(**changed) is not None


def _public_pem(key: Key) -> bytes:
    assert isinstance(key, RSAKey)
    return key.as_pem(private=False)


async def test_the_public_key_is_no_secret_to_sign_with(world: World) -> None:
    modulus = KEY.as_dict(private=False)["n"]
    for secret in (_public_pem(KEY), _public_pem(KEY).strip(), str(modulus).encode()):
        for algorithm in ("HS256", "HS384", "HS512"):
            text = f"{_part({'alg': algorithm, 'kid': 'first'})}.{_part(world.claims())}"
            proof = hmac.digest(secret, text.encode(), algorithm.replace("HS", "sha"))
            forged = f"{text}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"
            assert await world.reads(forged) is None


async def test_a_secret_among_the_published_keys_is_passed_over(world: World) -> None:
    secret = OctKey.import_key(b"x" * 64, {"kid": "shared"})
    world.issuer.publish(KEY)
    world.issuer.keys.append(secret.as_dict(private=True))
    assert await world.reads(signed(secret, world.claims(), alg="HS256")) is None
    assert await world.reads(signed(KEY, world.claims())) is not None


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE"])
async def test_an_unsigned_token_is_refused(world: World, algorithm: str) -> None:
    head = _part({"alg": algorithm, "kid": "first"})
    for signature in ("", _part("x")):
        assert await world.reads(f"{head}.{_part(world.claims())}.{signature}") is None


async def test_a_tampered_token_is_refused(world: World) -> None:
    head, _, signature = signed(KEY, world.claims()).split(".")
    richer = world.claims(**{ORGANISATION: str(new_id())})
    assert await world.reads(f"{head}.{_part(richer)}.{signature}") is None


async def test_an_unknown_key_is_refused_also_under_a_known_name(world: World) -> None:
    stranger = new_key()
    assert await world.reads(signed(stranger, world.claims())) is None
    assert await world.reads(signed(OTHER, world.claims())) is None
    shown = stranger.as_dict(private=False)
    assert await world.reads(signed(stranger, world.claims(), jwk=shown)) is None
    url = f"{world.issuer.url}/keys"
    assert await world.reads(signed(OTHER, world.claims(), jku=url)) is None


@pytest.mark.parametrize(
    "header", [{"typ": "logout+jwt"}, {"crit": ["b64"], "b64": True}, {"alg": "RS512"}]
)
async def test_a_token_with_a_strange_header_is_refused(
    world: World, header: dict[str, object]
) -> None:
    assert await world.reads(signed(KEY, world.claims(), **header)) is None


async def test_a_key_for_one_algorithm_does_not_serve_another(world: World) -> None:
    key = new_key()
    world.issuer.publish(key)
    world.issuer.keys[0]["alg"] = "RS256"
    assert await world.reads(signed(key, world.claims(), alg="RS256")) is not None
    assert await world.reads(signed(key, world.claims(), alg="PS256")) is None


async def test_a_token_without_a_key_id_is_read_where_there_is_one_key(world: World) -> None:
    token = signed(KEY, world.claims(), kid=None)
    assert await world.reads(token) is not None
    world.trust()
    world.issuer.publish(KEY, OTHER)
    assert await world.reads(token) is None


@pytest.mark.parametrize(
    "text", ["", "a.b.c", "..", "e30.e30.", "ghs_1", "\x00", "é.é.é", "." * 9000, "[" * 9000]
)
async def test_what_is_no_token_is_refused(world: World, text: str) -> None:
    assert await world.reads(text) is None


async def test_scopes_beyond_what_the_provider_may_give_are_dropped(world: World) -> None:
    for said in ("*", "members", "members:delete staff:write", "billing:*", 7, None):
        found = await world.reads_claims(scope=said)
        assert found is not None
        assert found.scopes == ()


async def test_an_organisation_is_named_as_the_settings_allow(world: World) -> None:
    world.trust(organisations=[str(NORTH)])
    for named, stands in ((str(NORTH), NORTH), (str(new_id()), None), ("north", None), (7, None)):
        found = await world.reads_claims(**{ORGANISATION: named})
        assert found is not None
        assert found.organisation_id == stands


async def test_a_new_key_is_learned_and_an_old_one_forgotten(world: World) -> None:
    assert await world.reads_claims() is not None
    world.issuer.publish(OTHER)

    world.clock.advance(timedelta(seconds=30))
    assert await world.reads(signed(OTHER, world.claims())) is not None
    assert await world.reads_claims() is None


async def test_a_withdrawn_key_is_forgotten_though_nobody_shows_a_new_one(world: World) -> None:
    assert await world.reads_claims() is not None
    world.issuer.publish(OTHER)

    world.clock.advance(timedelta(minutes=10))
    assert await world.reads_claims() is None


async def test_unknown_keys_make_one_question_in_half_a_minute(world: World) -> None:
    for number in range(20):
        assert await world.reads(signed(OTHER, world.claims(), kid=f"key {number}")) is None
    assert world.issuer.asked == 1
    world.clock.advance(timedelta(seconds=30))
    await world.reads(signed(OTHER, world.claims()))
    assert world.issuer.asked == 2


async def test_known_keys_serve_for_a_day_while_the_provider_is_away(world: World) -> None:
    assert await world.reads_claims() is not None
    world.issuer.down = True

    world.clock.advance(timedelta(hours=23))
    assert await world.reads_claims() is not None
    assert await world.reads(signed(OTHER, world.claims())) is None
    world.clock.advance(timedelta(hours=1))
    assert await world.reads_claims() is None
    world.issuer.down = False
    world.clock.advance(timedelta(seconds=30))
    assert await world.reads_claims() is not None


async def test_a_document_of_another_issuer_is_not_believed(world: World) -> None:
    world.trust(issuer=world.issuer.url + "/")
    assert await world.reads_claims(iss=world.issuer.url + "/") is None


async def test_a_token_of_nobody_we_trust_asks_nobody(world: World) -> None:
    assert await world.reads_claims(iss="https://elsewhere.test") is None
    assert world.issuer.asked == 0


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
