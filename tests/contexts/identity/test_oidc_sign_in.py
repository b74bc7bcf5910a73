"""Signing in at a real provider: the right people get in, to their own accounts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace as changed
from sqlalchemy import text

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import last_mail
from contexts.identity.oidc_world import BACK, START, World, at_provider, settings
from contexts.identity.people import PASSWORD, new_account, sign_in
from fixtures.oidc import RunningProvider, StartProvider
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.identity.domain.oidc_attempt import Attempt
from gymhopper.contexts.identity.gateways.oidc import SignInRefused, oidc_providers
from gymhopper.kernel.clock import ManualClock

ADA = "ada@example.com"
MINE = "/api/v1/me/providers"


@pytest.fixture
def clock() -> ManualClock:
    """The provider's clock is the machine's."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def provider(start_provider: StartProvider) -> RunningProvider:
    return start_provider(redirects=[BACK])


@pytest.fixture
async def world(
    platform: Platform, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", settings(provider.url))
    return World(platform.runtime)


@pytest.fixture
async def mistrusted(
    world: World, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> World:
    """The same, where the provider is not trusted with addresses."""
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", settings(provider.url, trust_email=False))
    return world


@pytest.fixture
async def accounts(platform: Platform) -> AsyncIterator[Any]:
    async def count() -> int:
        async with platform.runtime.read(SERVICE) as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM identity.account")) or 0)

    return count


async def test_somebody_new_gets_an_account_and_the_same_one_again(
    world: World, accounts: Any
) -> None:
    seen = set()
    for _ in range(2):
        async with world.browser() as client:
            answer = await world.sign_in(client, ADA, f"{START}?return_to=/book?day=1")
            assert (answer.status_code, answer.headers["location"]) == (303, "/book?day=1")
            me = (await client.get("/api/v1/me")).json()["account"]
            seen.add(me["id"])
            assert (me["email"], me["confirmed"], me["has_password"]) == (ADA, True, False)
            assert not [each for each in client.cookies if "oidc" in each]
    assert len(seen) == await accounts() == 1


async def test_a_client_without_a_secret_signs_in_as_well(
    world: World, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = settings(provider.url, client_id="gymhopper-public", client_secret=None)
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", public)
    async with world.browser() as client:
        assert (await world.sign_in(client, ADA)).status_code == 303
        assert (await client.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
async def test_a_provider_may_sign_in_other_ways(
    world: World, start_provider: StartProvider, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    other = start_provider(redirects=[BACK], alg=algorithm)
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", settings(other.url))
    async with world.browser() as client:
        assert (await world.sign_in(client, ADA)).status_code == 303


async def test_a_verified_address_opens_the_account_that_has_it(
    world: World, accounts: Any
) -> None:
    account_id = await new_account(world.runtime, ADA)
    async with world.browser() as client:
        await world.sign_in(client, "ADA@Example.com")
        assert (await client.get("/api/v1/me")).json()["account"]["id"] == str(account_id)
    assert await accounts() == 1
    told = await last_mail(world.runtime)
    assert (told["To"], told["Subject"]) == (ADA, "A way to sign in was added to your account")


async def test_an_address_that_was_not_verified_opens_nobodys_account(
    world: World, accounts: Any
) -> None:
    await new_account(world.runtime, "unverified@example.com")
    async with world.browser() as client:
        await world.sign_in(client, "unverified@example.com")
        assert (await client.get("/api/v1/me")).json()["account"]["email"] is None
    assert await accounts() == 2


async def test_a_provider_that_is_not_trusted_with_addresses_opens_nobodys_account(
    mistrusted: World, accounts: Any
) -> None:
    await new_account(mistrusted.runtime, ADA)
    seen = set()
    for _ in range(2):
        async with mistrusted.browser() as client:
            await mistrusted.sign_in(client, ADA)
            me = (await client.get("/api/v1/me")).json()["account"]
            assert me["email"] is None
            seen.add(me["id"])
    assert (len(seen), await accounts()) == (1, 2)


@pytest.mark.parametrize("protection", ["administrator", "authenticator", "unconfirmed"])
async def test_an_account_that_is_better_protected_is_not_opened_by_its_address(
    world: World, protection: str, accounts: Any
) -> None:
    await new_account(world.runtime, ADA)
    async with world.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            text(
                {
                    "administrator": "UPDATE identity.account SET administrator = true",
                    "unconfirmed": "UPDATE identity.account SET email_confirmed_at = NULL",
                    "authenticator": "INSERT INTO identity.authenticator SELECT id, 'x',"
                    " created_at, created_at, 0 FROM identity.account",
                }[protection]
            )
        )
    async with world.browser() as client:
        refused = await world.sign_in(client, ADA)
        assert (refused.status_code, refused.json()["code"]) == (409, "add_provider_yourself")
        assert (await client.get("/api/v1/me")).status_code == 401
    assert await accounts() == 1


async def test_a_closed_account_is_not_opened(world: World) -> None:
    async with world.browser() as client:
        await world.sign_in(client, ADA)
    async with world.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(text("UPDATE identity.account SET status = 'closed'"))
    async with world.browser() as client:
        assert (await world.sign_in(client, ADA)).status_code == 401


async def test_somebody_who_comes_twice_at_once_is_one_person(world: World, accounts: Any) -> None:
    async with world.browser() as client:
        urls = []
        for _ in range(3):
            begun = await client.get(START)
            urls.append(await at_provider(begun.headers["location"], ADA))
        answers = await asyncio.gather(*(world.come_back(client, each) for each in urls))
    assert [each.status_code for each in answers] == [303] * 3
    assert await accounts() == 1


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/ü",
        "/" + "a" * 600,
    ],
)
async def test_one_comes_back_to_our_own_pages_only(world: World, path: str) -> None:
    async with world.browser() as client:
        refused = await client.get(START, params={"return_to": path})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


async def test_only_the_browser_that_began_comes_back(world: World) -> None:
    async with world.browser() as mine, world.browser() as other:
        begun = await mine.get(START)
        url = await at_provider(begun.headers["location"], ADA)
        await other.get(START)
        for answer in (
            await world.come_back(other, url),
            await world.come_back(mine, url, state="x" * 43),
            await world.come_back(mine, url, state=None),
            await world.come_back(mine, url, state="../..;"),
            await world.come_back(mine, url, code=None),
            await world.come_back(mine, url, code=None, error="access_denied"),
            await world.come_back(mine, url, iss="https://evil.example"),
            await world.come_back(mine, url, iss=None),
        ):
            assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused")
            assert "gymhopper_session" not in answer.headers.get("set-cookie", "")
        assert (await world.come_back(mine, url)).status_code == 303


async def test_a_code_is_good_once(world: World) -> None:
    async with world.browser() as client:
        begun = await client.get(START)
        kept = dict(client.cookies)
        url = await at_provider(begun.headers["location"], ADA)
        assert (await world.come_back(client, url)).status_code == 303
        assert (await world.come_back(client, url)).json()["code"] == "sign_in_refused"
        # The provider remembers, even if the browser was made to.
        client.cookies.update(kept)
        assert (await world.come_back(client, url)).json()["code"] == "sign_in_refused"


async def test_a_code_of_another_attempt_is_refused(world: World) -> None:
    async with world.browser() as mine, world.browser() as attacker:
        stolen = await at_provider((await attacker.get(START)).headers["location"], "eve@x.test")
        own = await at_provider((await mine.get(START)).headers["location"], ADA)
        code = dict(each.split("=") for each in stolen.partition("?")[2].split("&"))["code"]
        assert (await world.come_back(mine, own, code=code)).json()["code"] == "sign_in_refused"


@pytest.mark.parametrize("part", ["verifier", "nonce"])
async def test_a_code_belongs_to_its_verifier_and_the_token_to_its_nonce(
    world: World, part: str, clock: ManualClock
) -> None:
    asked = oidc_providers(world.runtime).named("test")
    assert asked is not None
    attempt = Attempt.new("test", "/", clock.now())
    other: dict[str, Any] = {part: getattr(Attempt.new("test", "/", clock.now()), part)}
    for used, right in ((changed(attempt, **other), False), (attempt, True)):
        url = await at_provider(await asked.authorization_url(attempt, BACK), ADA)
        code = dict(each.split("=") for each in url.partition("?")[2].split("&"))["code"]
        asking = asked.identity(used, code, asked.settings.issuer, BACK, clock.now())
        if right:
            assert (await asking).subject == ADA
        else:
            with pytest.raises(SignInRefused):
                await asking


async def test_one_comes_back_within_ten_minutes(world: World, clock: ManualClock) -> None:
    async with world.browser() as client:
        url = await at_provider((await client.get(START)).headers["location"], ADA)
        clock.advance(timedelta(minutes=10))
        assert (await world.come_back(client, url)).json()["code"] == "sign_in_refused"


async def test_a_provider_that_is_away_is_our_trouble_and_not_the_callers(
    world: World, provider: RunningProvider, clock: ManualClock
) -> None:
    async with world.browser() as client:
        url = await at_provider((await client.get(START)).headers["location"], ADA)
        provider.stop()
        away = await world.come_back(client, url)
        assert (away.status_code, away.json()["code"]) == (503, "identity_provider_away")
        clock.advance(timedelta(days=1))
        assert (await client.get(START)).status_code == 503


async def test_providers_are_listed_and_others_are_not_there(world: World) -> None:
    async with world.browser() as client:
        listed = await client.get("/api/v1/sign-in/oidc")
        assert listed.json() == {"items": [{"name": "test", "label": "Test"}]}
        for path in ("/api/v1/sign-in/oidc/other", "/api/v1/sign-in/oidc/other/callback"):
            assert (await client.get(path)).status_code == 404


async def test_a_provider_is_added_to_an_account_and_taken_away(mistrusted: World) -> None:
    account_id = await new_account(mistrusted.runtime, ADA)
    async with mistrusted.browser() as mine, mistrusted.browser() as later:
        await sign_in(mine, ADA)
        link = await mine.post(MINE, json={"provider": "test", "return_to": "/account"})
        assert link.status_code == 201, link.text
        url = await at_provider(link.json()["location"], "ada-at-work")
        added = await mistrusted.come_back(mine, url)
        assert (added.status_code, added.headers["location"]) == (303, "/account")

        await mistrusted.sign_in(later, "ada-at-work")
        assert (await later.get("/api/v1/me")).json()["account"]["id"] == str(account_id)
        found = (await later.get(MINE)).json()["items"]
        assert [each["provider"] for each in found] == ["test"]
        path, proof = f"{MINE}/{found[0]['id']}", {"password": PASSWORD}
        assert (await mine.delete(path)).json()["code"] == "proof_needed"
        assert (await mine.request("DELETE", path, json=proof)).status_code == 204
        assert (await mine.request("DELETE", path, json=proof)).status_code == 404
    async with mistrusted.browser() as stranger:
        await mistrusted.sign_in(stranger, "ada-at-work")
        assert (await stranger.get("/api/v1/me")).json()["account"]["id"] != str(account_id)


async def test_a_provider_is_added_in_the_session_that_asked_only(mistrusted: World) -> None:
    await new_account(mistrusted.runtime, ADA)
    await new_account(mistrusted.runtime, "grace@example.com")
    async with mistrusted.browser() as client:
        await sign_in(client, ADA)
        link = await client.post(MINE, json={"provider": "test"})
        url = await at_provider(link.json()["location"], "ada-at-work")
        await sign_in(client, "grace@example.com")
        assert (await mistrusted.come_back(client, url)).json()["code"] == "sign_in_refused"
        assert (await client.get(MINE)).json() == {"items": []}


async def test_a_subject_of_one_account_is_not_added_to_another(mistrusted: World) -> None:
    async with mistrusted.browser() as first:
        await mistrusted.sign_in(first, "somebody")
    await new_account(mistrusted.runtime, ADA)
    async with mistrusted.browser() as client:
        await sign_in(client, ADA)
        link = await client.post(MINE, json={"provider": "test"})
        url = await at_provider(link.json()["location"], "somebody")
        refused = await mistrusted.come_back(client, url)
        assert (refused.status_code, refused.json()["code"]) == (409, "provider_in_use")


async def test_the_only_way_into_an_account_is_not_taken_away(
    mistrusted: World, clock: ManualClock
) -> None:
    async with mistrusted.browser() as client:
        await mistrusted.sign_in(client, "somebody")
        only = (await client.get(MINE)).json()["items"][0]["id"]
        refused = await client.delete(f"{MINE}/{only}")
        assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")
        clock.advance(timedelta(minutes=10))
        assert (await client.post(MINE, json={"provider": "test"})).json()["code"] == "proof_needed"
