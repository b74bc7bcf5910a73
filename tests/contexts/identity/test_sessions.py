"""Somebody signs in, is recognised, and signs out."""

from datetime import timedelta

from sqlalchemy import text

from contexts.identity.conftest import Platform, bearer
from contexts.identity.people import EMAIL, PASSWORD, browser, new_account, sign_in
from gymhopper.chassis.auth import SERVICE
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.kernel.clock import ManualClock

ME = "/api/v1/me"


async def test_a_browser_that_signed_in_is_recognised_by_its_cookie(platform: Platform) -> None:
    account_id = await new_account(platform.runtime)

    async with browser(platform.runtime) as client:
        assert (await client.get(ME)).status_code == 401
        answer = await sign_in(client)
        me = await client.get(ME)

    assert answer.status_code == 201, answer.text
    assert answer.json()["second_factor"] is None
    assert me.json()["account"]["id"] == str(account_id)
    assert me.json()["account"]["email"] == EMAIL


async def test_a_program_gets_tokens_instead_of_a_cookie(
    platform: Platform, clock: ManualClock
) -> None:
    await new_account(platform.runtime)
    body = {"email": EMAIL, "password": PASSWORD}

    answer = await platform.client.post("/api/v1/tokens", json=body)
    token = answer.json()["tokens"]["access_token"]

    assert "session" not in answer.headers.get("set-cookie", "")
    me = await platform.client.get(ME, headers=bearer(token))
    assert me.status_code == 200
    clock.advance(timedelta(minutes=15))
    assert (await platform.client.get(ME, headers=bearer(token))).status_code == 401


async def test_a_session_acts_for_nobody_by_itself(platform: Platform) -> None:
    account_id = await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        token = client.cookies["gymhopper_session"]
        refused = await client.get("/api/v1/api-keys")

    caller = await platform.runtime.api(IdentityApi).authenticate(token=token)
    assert caller is not None
    assert (caller.kind, caller.id, caller.organisation_id) == ("member", account_id, None)
    assert caller.scopes == ()
    assert not caller.everywhere
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_an_administrators_session_acts_for_the_platform(platform: Platform) -> None:
    await new_account(platform.runtime, administrator=True)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        assert (await client.get("/api/v1/api-keys")).status_code == 200


async def test_signing_out_acts_at_once(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        token = client.cookies["gymhopper_session"]
        assert (await client.get(ME)).status_code == 200
        assert (await client.delete("/api/v1/sessions/current")).status_code == 204

        assert "gymhopper_session" not in client.cookies
        assert (await client.get(ME, headers=bearer(token))).status_code == 401


async def test_an_unused_session_ends(platform: Platform, clock: ManualClock) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        clock.advance(timedelta(days=13))
        assert (await client.get(ME)).status_code == 200
        clock.advance(timedelta(days=13))
        assert (await client.get(ME)).status_code == 200
        clock.advance(timedelta(days=14))
        assert (await client.get(ME)).status_code == 401


async def test_no_session_grows_older_than_its_lifetime(
    platform: Platform, clock: ManualClock
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        for _ in range(8):
            clock.advance(timedelta(days=10))
            assert (await client.get(ME)).status_code == 200
        clock.advance(timedelta(days=10))
        assert (await client.get(ME)).status_code == 401


async def test_only_hashes_of_tokens_are_stored(platform: Platform) -> None:
    await new_account(platform.runtime)
    body = {"email": EMAIL, "password": PASSWORD}
    tokens = (await platform.client.post("/api/v1/tokens", json=body)).json()["tokens"]
    async with browser(platform.runtime) as client:
        await sign_in(client)
        cookie = client.cookies["gymhopper_session"]

    async with platform.runtime.read(SERVICE) as connection:
        rows = [
            row
            for table in ("session", "token_grant", "account")
            for row in (
                await connection.execute(text(f"SELECT t::text FROM identity.{table} t"))  # noqa: S608 - the names are above
            ).scalars()
        ]
    stored = "".join(rows)
    assert "Firefox on Linux" in stored
    for secret in (cookie, tokens["access_token"], tokens["refresh_token"], EMAIL, PASSWORD):
        assert secret.rpartition("_")[2] not in stored


async def test_an_address_that_nobody_has_and_a_wrong_password_are_answered_alike(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        wrong = await sign_in(client, password="something else")
        unknown = await sign_in(client, email="nobody@example.com")

    assert wrong.status_code == unknown.status_code == 401
    same = {"type", "title", "status", "code", "detail"}
    assert {k: wrong.json()[k] for k in same} == {k: unknown.json()[k] for k in same}


async def test_a_foreign_page_cannot_sign_a_visitor_in(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        client.headers["Sec-Fetch-Site"] = "cross-site"
        refused = await sign_in(client)
    assert (refused.status_code, refused.json()["code"]) == (403, "foreign_page")
