"""Refresh tokens: each is good once, and a copy ends the session."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from contexts.identity.conftest import Platform, bearer
from contexts.identity.mailbox import body_of, last_mail
from contexts.identity.people import EMAIL, PASSWORD, new_account, open_connections
from gymhopper.kernel.clock import ManualClock

ME = "/api/v1/me"


async def program(platform: Platform) -> dict[str, str]:
    await new_account(platform.runtime)
    body = {"email": EMAIL, "password": PASSWORD}
    answer = await platform.client.post("/api/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["tokens"])


async def refresh(platform: Platform, token: str) -> httpx.Response:
    return await platform.client.post("/api/v1/tokens/refresh", json={"refresh_token": token})


async def works(platform: Platform, tokens: dict[str, Any]) -> bool:
    answer = await platform.client.get(ME, headers=bearer(tokens["access_token"]))
    return answer.status_code == 200


async def test_a_refresh_token_gets_the_next_pair(platform: Platform, clock: ManualClock) -> None:
    first = await program(platform)
    clock.advance(timedelta(days=20))
    second = (await refresh(platform, first["refresh_token"])).json()
    clock.advance(timedelta(days=20))
    third = (await refresh(platform, second["refresh_token"])).json()

    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert not await works(platform, second)
    assert await works(platform, third)


async def test_a_used_token_that_is_shown_again_ends_the_session(
    platform: Platform, clock: ManualClock
) -> None:
    first = await program(platform)
    second = (await refresh(platform, first["refresh_token"])).json()
    assert await works(platform, second)
    clock.advance(timedelta(seconds=10))

    again = await refresh(platform, first["refresh_token"])

    assert (again.status_code, again.json()["code"]) == (401, "refresh_token_reused")
    assert not await works(platform, second)
    mail = await last_mail(platform.runtime)
    assert mail["To"] == EMAIL
    assert "python-httpx" in body_of(mail)
    ended = await refresh(platform, second["refresh_token"])
    assert (ended.status_code, ended.json()["code"]) == (401, "refresh_token_invalid")


async def test_a_client_whose_answer_was_lost_gets_the_same_again(
    platform: Platform, clock: ManualClock
) -> None:
    first = await program(platform)
    lost = (await refresh(platform, first["refresh_token"])).json()
    clock.advance(timedelta(seconds=9))

    assert (await refresh(platform, first["refresh_token"])).json() == lost
    assert await works(platform, lost)


async def test_a_repeat_after_the_successor_was_used_is_a_copy(platform: Platform) -> None:
    first = await program(platform)
    second = (await refresh(platform, first["refresh_token"])).json()
    await refresh(platform, second["refresh_token"])

    again = await refresh(platform, first["refresh_token"])

    assert again.json()["code"] == "refresh_token_reused"


async def test_many_refreshes_at_once_get_one_pair(platform: Platform) -> None:
    first = await program(platform)
    await open_connections(platform.runtime)

    answers = await asyncio.gather(*(refresh(platform, first["refresh_token"]) for _ in range(8)))

    assert {each.status_code for each in answers} == {201}
    assert len({each.text for each in answers}) == 1


async def test_a_refresh_token_ends_on_its_day(platform: Platform, clock: ManualClock) -> None:
    first = await program(platform)
    clock.advance(timedelta(days=30))

    late = await refresh(platform, first["refresh_token"])

    assert (late.status_code, late.json()["code"]) == (401, "refresh_token_invalid")


async def test_no_chain_of_tokens_outlives_the_session(
    platform: Platform, clock: ManualClock
) -> None:
    tokens = await program(platform)
    for _ in range(3):
        clock.advance(timedelta(days=29))
        tokens = (await refresh(platform, tokens["refresh_token"])).json()
    clock.advance(timedelta(days=3))

    assert (await refresh(platform, tokens["refresh_token"])).status_code == 401


async def test_signing_out_ends_the_refresh_token_too(platform: Platform) -> None:
    tokens = await program(platform)
    headers = bearer(tokens["access_token"])
    await platform.client.delete("/api/v1/sessions/current", headers=headers)

    assert (await refresh(platform, tokens["refresh_token"])).status_code == 401


async def test_no_other_token_refreshes(platform: Platform) -> None:
    tokens = await program(platform)
    secret = tokens["refresh_token"].rpartition("_")[2]
    for wrong in (
        tokens["access_token"],
        tokens["refresh_token"].replace(secret, "0" * 64),
        "ghr_" + "0" * 32 + "_" + secret,
        "",
        "ghr_",
    ):
        assert (await refresh(platform, wrong)).json()["code"] == "refresh_token_invalid"
    assert await works(platform, tokens)
