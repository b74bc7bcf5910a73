"""A provider's access tokens at the API: recognised, limited, and never more than that."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from joserfc import jws
from sqlalchemy import text

from contexts.identity.conftest import Platform, bearer
from contexts.identity.oidc_world import ORGANISATION, World, settings
from contexts.identity.people import new_account
from fixtures.oidc import RunningProvider, StartProvider
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.identity.gateways.oidc import Identity
from gymhopper.contexts.identity.gateways.signed_token import LEEWAY
from gymhopper.contexts.identity.memory import REMEMBERED
from gymhopper.contexts.identity.usecases.sign_in_with_oidc import add_oidc_subject
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

KEYS = "/api/v1/api-keys"


@pytest.fixture
def clock() -> ManualClock:
    """The provider's clock is the machine's."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def provider(start_provider: StartProvider, platform: Platform) -> RunningProvider:
    return start_provider(claims={ORGANISATION: str(platform.north)})


@pytest.fixture
async def world(
    platform: Platform, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", settings(provider.url))
    return World(platform.runtime)


async def token_of(provider: RunningProvider, scope: str = "identity:read") -> str:
    """What a program gets from its provider for the API."""
    async with httpx.AsyncClient(trust_env=False) as program:
        answer = await program.post(
            f"{provider.url}/token",
            data={"grant_type": "client_credentials", "scope": scope},
            auth=("machine", "machine-secret"),
        )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def caller_of(world: World, token: str) -> Caller | None:
    return await world.runtime.api(IdentityApi).authenticate(token=token)


async def test_a_program_acts_for_the_organisation_of_its_token(
    world: World, provider: RunningProvider, platform: Platform
) -> None:
    token = await token_of(provider, "identity:read identity:write members:read")
    caller = await caller_of(world, token)

    assert caller is not None
    assert (caller.kind, caller.organisation_id) == ("service", platform.north)
    assert (caller.scopes, caller.everywhere) == (("identity:read",), False)
    await platform.key(organisation_id=str(platform.south))
    own = await platform.key()
    async with world.browser() as client:
        listed = await client.get(KEYS, headers=bearer(token))
        assert [each["id"] for each in listed.json()["items"]] == [own["id"]]
        body = {"name": "More", "scopes": ["identity:read"]}
        refused = await client.post(KEYS, json=body, headers=bearer(token))
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_a_program_is_the_same_caller_every_time(
    world: World, provider: RunningProvider
) -> None:
    seen = {await caller_of(world, await token_of(provider)) for _ in range(2)}
    assert len({each.id for each in seen if each}) == len(seen) == 1


async def test_a_token_that_names_no_organisation_opens_nothing(
    world: World, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", settings(provider.url, claims={}))
    assert await caller_of(world, await token_of(provider)) is None


async def test_a_token_of_somebody_who_signed_in_acts_as_that_account(
    world: World, provider: RunningProvider, clock: ManualClock
) -> None:
    account_id = await new_account(world.runtime)
    assert isinstance(account_id, UUID)
    who = Identity(issuer=provider.url, subject="machine", email=None)
    async with world.runtime.begin(SERVICE) as uow:
        await add_oidc_subject(uow, who, account_id, label="Test")

    token = await token_of(provider)
    caller = await caller_of(world, token)
    assert caller is not None
    assert (caller.kind, caller.id, caller.organisation_id) == ("member", account_id, None)
    assert not caller.everywhere
    async with world.browser() as client:
        assert (await client.get(KEYS, headers=bearer(token))).status_code == 403
        # It is no session: nobody changes how an account is entered with a provider's token.
        refused = await client.get("/api/v1/me/passkeys", headers=bearer(token))
        assert (refused.status_code, refused.json()["code"]) == (403, "session_required")

    async with world.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(text("UPDATE identity.account SET status = 'closed'"))
    clock.advance(REMEMBERED)
    assert await caller_of(world, token) is None


async def test_a_members_token_sees_what_a_member_may_and_it_says_so(
    world: World, provider: RunningProvider, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = ["members:*", "identity:read"]
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", settings(provider.url, allowed_scopes=allowed))
    account_id = await new_account(world.runtime)
    assert isinstance(account_id, UUID)
    who = Identity(issuer=provider.url, subject="machine", email=None)
    mine, childs = new_id(), new_id()

    async def linked_to(person_id: UUID) -> Caller | None:
        async with world.runtime.begin(SERVICE) as uow:
            await add_oidc_subject(uow, who, account_id, label="Test")
            await uow.connection.execute(
                text("INSERT INTO identity.person_link VALUES (:account, :person, :gym, :now)"),
                {
                    "account": account_id,
                    "person": person_id,
                    "gym": platform.north,
                    "now": uow.now,
                },
            )
        token = await token_of(provider, "members:read members:write identity:read")
        return await caller_of(world, token)

    caller = await linked_to(mine)
    assert caller is not None
    assert (caller.person_id, caller.scopes) == (mine, ("members:read",))
    assert caller.within == (platform.north,)
    assert caller.organisation_id is None
    caller = await linked_to(childs)
    assert caller is not None
    assert (caller.person_id, caller.within, caller.scopes) == (None, (), ())


async def test_a_token_ends_when_it_says_so(
    world: World, provider: RunningProvider, clock: ManualClock
) -> None:
    token = await token_of(provider)
    assert await caller_of(world, token) is not None
    # The provider has no clock but the machine's, and may have taken its time.
    said = json.loads(jws.extract_compact(token.encode()).payload)
    ends = datetime.fromtimestamp(said["exp"], UTC)
    clock.advance(ends + LEEWAY + timedelta(seconds=1) - clock.now())
    async with world.browser() as client:
        refused = await client.get(KEYS, headers=bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


async def test_after_a_rotation_new_tokens_are_good_and_old_ones_are_not(
    world: World,
    provider: RunningProvider,
    start_provider: StartProvider,
    platform: Platform,
    clock: ManualClock,
) -> None:
    old = await token_of(provider)
    assert await caller_of(world, old) is not None
    provider.stop()
    claims = {ORGANISATION: str(platform.north)}
    rotated = start_provider(port=provider.port, claims=claims)
    assert rotated.url == provider.url
    clock.advance(timedelta(seconds=30))

    assert await caller_of(world, await token_of(rotated)) is not None
    assert await caller_of(world, old) is None


async def test_known_keys_serve_while_the_provider_is_away(
    world: World, provider: RunningProvider, clock: ManualClock
) -> None:
    first, second = await token_of(provider), await token_of(provider)
    assert await caller_of(world, first) is not None
    provider.stop()
    clock.advance(timedelta(minutes=5))
    assert await caller_of(world, second) is not None


async def test_with_a_provider_that_was_never_reached_a_token_is_unknown(
    world: World, provider: RunningProvider
) -> None:
    token = await token_of(provider)
    provider.stop()
    async with world.browser() as client:
        assert (await client.get(KEYS, headers=bearer(token))).status_code == 401


async def test_what_looks_like_a_token_and_is_none_is_refused(world: World) -> None:
    async with world.browser() as client:
        for token in ("a.b.c", "e30.e30.e30", "gh_", "x" * 5000):
            assert (await client.get(KEYS, headers=bearer(token))).status_code == 401
