"""Guessing is slowed down, and cannot be used to keep the owner out."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.identity.conftest import Platform
from contexts.identity.people import (
    EMAIL,
    browser,
    browser_from,
    new_account,
    open_connections,
    sign_in,
)
from gymhopper.contexts.identity.domain.attempts import (
    NETWORK,
    NETWORK_AT_ACCOUNT,
    STRANGERS_AT_ACCOUNT,
    Bucket,
)
from gymhopper.contexts.identity.gateways.hashing import Passwords
from gymhopper.kernel.clock import ManualClock

ATTACKER = "198.51.100.9"


async def guess(client: httpx.AsyncClient, email: str = EMAIL) -> int:
    return (await sign_in(client, email=email, password="a wrong guess")).status_code


async def test_a_network_may_be_wrong_five_times(platform: Platform, clock: ManualClock) -> None:
    await new_account(platform.runtime)
    async with browser_from(platform.runtime, ATTACKER) as attacker:
        assert [await guess(attacker) for _ in range(7)] == [401] * 5 + [429] * 2
        refused = await sign_in(attacker)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")

        clock.advance(NETWORK_AT_ACCOUNT.leak)
        assert await guess(attacker) == 401
        assert await guess(attacker) == 429


async def test_an_attacker_cannot_keep_the_owners_device_out(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser_from(platform.runtime, ATTACKER) as owner:
        await sign_in(owner)
        await owner.delete("/api/v1/sessions/current")
        # From everywhere, and from the owner's own network too.
        for n in range(STRANGERS_AT_ACCOUNT.most // 5 + 1):
            async with browser_from(platform.runtime, f"198.51.100.{n}") as attacker:
                await asyncio.gather(*(guess(attacker) for _ in range(6)))
        async with browser_from(platform.runtime, "192.0.2.1") as stranger:
            assert await guess(stranger) == 429

        assert (await sign_in(owner)).status_code == 201


async def test_a_device_that_signed_in_to_another_account_is_a_stranger(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)
    await new_account(platform.runtime, email="mallory@example.com")
    async with browser_from(platform.runtime, ATTACKER) as attacker:
        await sign_in(attacker, email="mallory@example.com")
        assert [await guess(attacker) for _ in range(6)] == [401] * 5 + [429]


async def test_a_known_device_may_be_wrong_ten_times(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as owner:
        await sign_in(owner)
        assert [await guess(owner) for _ in range(11)] == [401] * 10 + [429]


@pytest.mark.parametrize(
    "cookie", ["", "x", "0" * 32 + ".", "0" * 32 + "." + "0" * 64, "{}.%C3%A9"]
)
async def test_a_made_up_device_is_a_stranger(platform: Platform, cookie: str) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as attacker:
        attacker.headers["Cookie"] = f"gymhopper_device={cookie}"
        assert [await guess(attacker) for _ in range(6)] == [401] * 5 + [429]


async def test_guesses_at_many_accounts_count_for_the_network(platform: Platform) -> None:
    async with browser_from(platform.runtime, ATTACKER) as attacker:
        statuses = [await guess(attacker, f"{n}@example.com") for n in range(NETWORK.most + 1)]
        assert statuses == [401] * NETWORK.most + [429]
        # An account of the attacker's own does not wash it clean.
        await new_account(platform.runtime)
        assert (await sign_in(attacker)).status_code == 429


async def test_a_right_password_forgets_the_slips_before_it(platform: Platform) -> None:
    await new_account(platform.runtime)
    for _ in range(3):
        async with browser(platform.runtime) as forgetful:
            assert [await guess(forgetful) for _ in range(4)] == [401] * 4
            assert (await sign_in(forgetful)).status_code == 201


async def test_guesses_at_once_are_counted_before_they_are_checked(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser_from(platform.runtime, ATTACKER) as attacker:
        await open_connections(platform.runtime)
        statuses = await asyncio.gather(*(guess(attacker) for _ in range(30)))
    assert sorted(statuses) == [401] * 5 + [429] * 25


async def test_an_unknown_address_is_locked_out_alike(platform: Platform) -> None:
    async with browser_from(platform.runtime, ATTACKER) as attacker:
        statuses = [await guess(attacker, "nobody@example.com") for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_every_refusal_costs_one_hash_whether_or_not_there_is_an_account(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await new_account(platform.runtime)
    await new_account(platform.runtime, email="passwordless@example.com", password=None)
    checked: list[str] = []
    verified = Passwords._verified

    def counted(self: Passwords, stored: str, password: str) -> bool:
        checked.append(stored)
        return verified(self, stored, password)

    monkeypatch.setattr(Passwords, "_verified", counted)
    async with browser(platform.runtime) as client:
        for email in (EMAIL, "nobody@example.com", "passwordless@example.com"):
            checked.clear()
            assert await guess(client, email) == 401
            assert len(checked) == 1
            assert checked[0].startswith("$argon2id$")


@given(st.lists(st.integers(0, 600), max_size=40))
def test_a_bucket_never_lets_more_through_than_its_limit(pauses: list[int]) -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    limit, bucket, passed = NETWORK_AT_ACCOUNT, Bucket(0, clock.now()), 0
    began = clock.now()
    for pause in pauses:
        clock.advance(timedelta(seconds=pause))
        if bucket.wait(clock.now(), limit) == 0:
            passed += 1
            bucket = Bucket(bucket.level_at(clock.now(), limit) + 1, clock.now())
    assert passed <= limit.most + (clock.now() - began) / limit.leak
