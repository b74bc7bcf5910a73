"""The first administrator is made by whoever holds the machine."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from contexts.identity.conftest import Platform
from contexts.identity.people import EMAIL, PASSWORD, browser, new_account, sign_in
from gymhopper.contexts.identity.administrators import create_administrator_account
from gymhopper.contexts.identity.domain.password_rules import WeakPassword
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.errors import InvalidInput

RESET = "/api/v1/accounts/password-resets/complete"


async def test_a_link_sets_the_administrators_password_once(
    platform: Platform, clock: ManualClock
) -> None:
    page = await create_administrator_account(platform.runtime, email=EMAIL, name="Ada")
    assert page is not None
    clock.advance(timedelta(hours=23))
    token = parse_qs(urlsplit(page).query)["token"][0]

    async with browser(platform.runtime) as client:
        body = {"token": token, "password": PASSWORD}
        assert (await client.post(RESET, json=body)).status_code == 201
        assert (await client.post(RESET, json=body)).status_code == 401
        account = (await client.get("/api/v1/me")).json()["account"]
        assert (account["name"], account["administrator"]) == ("Ada", True)
        assert (await client.get("/api/v1/api-keys")).status_code == 200


async def test_a_given_password_is_good_at_once(platform: Platform) -> None:
    made = await create_administrator_account(platform.runtime, email=EMAIL, password=PASSWORD)
    assert made is None
    async with browser(platform.runtime) as client:
        assert (await sign_in(client)).status_code == 201


async def test_an_account_that_exists_becomes_an_administrators(platform: Platform) -> None:
    await new_account(platform.runtime)
    assert await create_administrator_account(platform.runtime, email=EMAIL.upper()) is not None
    async with browser(platform.runtime) as client:
        await sign_in(client)
        assert (await client.get("/api/v1/api-keys")).status_code == 200


async def test_a_weak_password_or_no_address_makes_nobody(platform: Platform) -> None:
    with pytest.raises(WeakPassword):
        await create_administrator_account(platform.runtime, email=EMAIL, password="password123")
    with pytest.raises(InvalidInput):
        await create_administrator_account(platform.runtime, email="ada", password=PASSWORD)
    async with browser(platform.runtime) as client:
        assert (await sign_in(client)).status_code == 401
