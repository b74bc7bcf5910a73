"""A second factor is asked for once it is set up, and nothing else gets past it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy import text

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import last_mail, mails
from contexts.identity.people import EMAIL, PASSWORD, browser, new_account, sign_in
from fixtures.callers import http_client
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.clock import ManualClock

SECOND = "/api/v1/sessions/second-factor"
WITH_PASSWORD = {"password": PASSWORD}


@dataclass
class Holder:
    """Somebody with an app and recovery codes, signed in with a browser."""

    client: httpx.AsyncClient
    secret: str
    codes: list[str]
    clock: ManualClock

    def code(self) -> str:
        """What the app shows now."""
        return TOTP(self.secret).at(self.clock.now())


@pytest.fixture
async def holder(platform: Platform, clock: ManualClock) -> AsyncIterator[Holder]:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        setup = await client.post("/api/v1/me/totp")
        assert setup.status_code == 201, setup.text
        found = Holder(client, setup.json()["secret"], [], clock)
        confirmed = await client.post("/api/v1/me/totp/confirm", json={"code": found.code()})
        assert confirmed.status_code == 200, confirmed.text
        found.codes = confirmed.json()["codes"]
        clock.advance(timedelta(seconds=30))
        yield found


async def begin(client: httpx.AsyncClient) -> str:
    """Prove the password; returns what stands for the sign-in until the code."""
    answer = await sign_in(client)
    assert answer.status_code == 201, answer.text
    assert answer.json()["session"] is None
    return str(answer.json()["second_factor"]["pending"])


async def finish(client: httpx.AsyncClient, pending: str, code: str) -> httpx.Response:
    return await client.post(SECOND, json={"pending": pending, "code": code})


async def full_sign_in(runtime: Runtime, code: str) -> httpx.Response:
    async with browser(runtime) as client:
        return await finish(client, await begin(client), code)


async def test_an_app_that_was_not_confirmed_asks_for_nothing(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        setup = (await client.post("/api/v1/me/totp")).json()
        assert setup["uri"].startswith("otpauth://totp/Gymhopper:ada%40example.com?")
        wrong = await client.post("/api/v1/me/totp/confirm", json={"code": "000000"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_code")
        assert (await sign_in(client)).json()["session"] is not None


async def test_a_sign_in_waits_for_the_app(holder: Holder, platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        answer = await sign_in(client)
        assert answer.json()["second_factor"]["methods"] == ["recovery_code", "totp"]
        assert "set-cookie" not in answer.headers
        assert (await client.get("/api/v1/me")).status_code == 401

        done = await finish(client, answer.json()["second_factor"]["pending"], holder.code())
        assert done.status_code == 201, done.text
        assert (await client.get("/api/v1/me")).status_code == 200


async def test_a_program_gets_its_tokens_after_the_code(holder: Holder, platform: Platform) -> None:
    async with http_client(platform.runtime) as program:
        body = {"email": EMAIL, "password": PASSWORD}
        first = (await program.post("/api/v1/tokens", json=body)).json()
        assert first["tokens"] is None
        done = await finish(program, first["second_factor"]["pending"], holder.code())
        assert "gymhopper_session" not in done.headers["set-cookie"]
        assert done.json()["tokens"]["access_token"].startswith("gha_")


async def test_a_code_signs_in_once(holder: Holder, platform: Platform) -> None:
    code = holder.code()
    assert (await full_sign_in(platform.runtime, code)).status_code == 201
    again = await full_sign_in(platform.runtime, code)
    assert (again.status_code, again.json()["code"]) == (401, "wrong_code")


async def test_of_two_sign_ins_with_one_code_at_once_one_succeeds(
    holder: Holder, platform: Platform
) -> None:
    code = holder.code()
    async with browser(platform.runtime) as client:
        waiting = [await begin(client) for _ in range(4)]
        answers = await asyncio.gather(*(finish(client, each, code) for each in waiting))
    assert sorted(each.status_code for each in answers) == [201, 401, 401, 401]


async def test_the_first_code_shown_is_not_good_for_a_sign_in(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        secret = (await client.post("/api/v1/me/totp")).json()["secret"]
        code = TOTP(secret).at(platform.runtime.clock.now())
        await client.post("/api/v1/me/totp/confirm", json={"code": code})
    assert (await full_sign_in(platform.runtime, code)).status_code == 401


async def test_a_recovery_code_signs_in_once_however_it_is_typed(
    holder: Holder, platform: Platform
) -> None:
    typed = holder.codes[3].upper().replace("-", " ")
    assert (await full_sign_in(platform.runtime, typed)).status_code == 201
    assert (await full_sign_in(platform.runtime, holder.codes[3])).status_code == 401
    assert (await full_sign_in(platform.runtime, holder.codes[4])).status_code == 201


async def test_one_recovery_code_at_two_places_at_once_signs_in_at_one(
    holder: Holder, platform: Platform
) -> None:
    async with browser(platform.runtime) as client:
        waiting = [await begin(client) for _ in range(2)]
        answers = await asyncio.gather(*(finish(client, p, holder.codes[0]) for p in waiting))
    assert sorted(each.status_code for each in answers) == [201, 401]


async def test_after_five_wrong_codes_the_password_is_asked_again(
    holder: Holder, platform: Platform
) -> None:
    async with browser(platform.runtime) as client:
        pending = await begin(client)
        for _ in range(5):
            assert (await finish(client, pending, "000000")).json()["code"] == "wrong_code"
        refused = await finish(client, pending, holder.code())
        assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_expired")


async def test_wrong_codes_at_once_are_all_counted(holder: Holder, platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        pending = await begin(client)
        answers = await asyncio.gather(*(finish(client, pending, "000000") for _ in range(8)))
    codes = sorted(each.json()["code"] for each in answers)
    assert codes == ["sign_in_expired"] * 3 + ["wrong_code"] * 5


async def test_who_has_the_password_cannot_go_on_trying_codes(
    holder: Holder, platform: Platform
) -> None:
    async with browser(platform.runtime) as stranger:
        for _ in range(5):
            wrong = await finish(stranger, await begin(stranger), "000000")
            assert wrong.json()["code"] == "wrong_code"
        refused = await finish(stranger, await begin(stranger), holder.code())
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
        assert 0 < int(refused.headers["retry-after"]) <= 180
        # Nobody is locked out: the owner's own device counts apart, and time passes.
        mine = await finish(holder.client, await begin(holder.client), holder.code())
        assert mine.status_code == 201
        holder.clock.advance(timedelta(minutes=3))
        later = await finish(stranger, await begin(stranger), holder.code())
        assert later.status_code == 201


async def test_right_codes_count_for_nothing(holder: Holder, platform: Platform) -> None:
    for code in holder.codes[:7]:
        assert (await full_sign_in(platform.runtime, code)).status_code == 201


async def test_proofs_are_not_guessed_in_a_stolen_session(
    holder: Holder, platform: Platform
) -> None:
    for _ in range(5):
        body = {"code": "000000"}
        refused = await holder.client.request("DELETE", "/api/v1/me/totp", json=body)
        assert refused.status_code == 403
    refused = await holder.client.request("DELETE", "/api/v1/me/totp", json=WITH_PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    async with browser(platform.runtime) as other:
        await finish(other, await begin(other), holder.codes[0])
        gone = await other.request("DELETE", "/api/v1/me/totp", json=WITH_PASSWORD)
        assert gone.status_code == 204


async def test_a_waiting_sign_in_ends_after_five_minutes(
    holder: Holder, platform: Platform
) -> None:
    async with browser(platform.runtime) as client:
        pending = await begin(client)
        holder.clock.advance(timedelta(minutes=5))
        assert (await finish(client, pending, holder.code())).json()["code"] == "sign_in_expired"


async def test_a_waiting_sign_in_is_completed_once(holder: Holder, platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        pending = await begin(client)
        assert (await finish(client, pending, holder.codes[0])).status_code == 201
        assert (await finish(client, pending, holder.codes[1])).status_code == 401


@pytest.mark.parametrize("pending", ["", "ghp_1", "ghp_" + "0" * 32 + "_" + "0" * 64, "x" * 201])
async def test_without_a_first_factor_no_code_helps(
    holder: Holder, platform: Platform, pending: str
) -> None:
    async with browser(platform.runtime) as client:
        assert (await finish(client, pending, holder.code())).status_code in {401, 422}


async def test_the_app_is_given_up_with_a_proof_only(holder: Holder, platform: Platform) -> None:
    client = holder.client
    for body, status, code in (
        ({}, 422, "invalid_input"),
        ({"password": "not it"}, 403, "wrong_proof"),
        ({"code": "000000"}, 403, "wrong_proof"),
        ({"password": PASSWORD, "code": "000000"}, 422, "invalid_input"),
    ):
        refused = await client.request("DELETE", "/api/v1/me/totp", json=body)
        assert (refused.status_code, refused.json()["code"]) == (status, code)

    gone = await client.request("DELETE", "/api/v1/me/totp", json=WITH_PASSWORD)
    assert gone.status_code == 204
    async with browser(platform.runtime) as other:
        assert (await sign_in(other)).json()["session"] is not None
    assert await _rows(platform, "recovery_code") == ""
    again = await client.request("DELETE", "/api/v1/me/totp", json=WITH_PASSWORD)
    assert again.status_code == 204
    subjects = [each["Subject"] for each in await mails(platform.runtime)]
    assert subjects == [
        "Your account asks for a code now",
        "Your account asks for no code any more",
    ]


async def test_a_code_is_a_proof_as_well(holder: Holder) -> None:
    gone = await holder.client.request("DELETE", "/api/v1/me/totp", json={"code": holder.code()})
    assert gone.status_code == 204


async def test_new_recovery_codes_replace_the_old(holder: Holder, platform: Platform) -> None:
    made = await holder.client.post("/api/v1/me/recovery-codes", json=WITH_PASSWORD)
    assert made.status_code == 201
    fresh = made.json()["codes"]
    assert len(set(fresh) | set(holder.codes)) == 20
    assert (await last_mail(platform.runtime))["Subject"] == "You have new recovery codes"
    assert (await full_sign_in(platform.runtime, holder.codes[0])).status_code == 401
    assert (await full_sign_in(platform.runtime, fresh[0])).status_code == 201


async def test_an_old_session_needs_a_proof_to_begin(
    platform: Platform, clock: ManualClock
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        clock.advance(timedelta(minutes=10))
        refused = await client.post("/api/v1/me/totp")
        assert (refused.status_code, refused.json()["code"]) == (403, "proof_needed")
        assert (await client.post("/api/v1/me/totp", json=WITH_PASSWORD)).status_code == 201


async def test_an_app_in_use_is_not_replaced(holder: Holder) -> None:
    again = await holder.client.post("/api/v1/me/totp", json=WITH_PASSWORD)
    assert (again.status_code, again.json()["code"]) == (409, "totp_in_use")


async def test_secrets_and_codes_are_not_in_the_database(
    holder: Holder, platform: Platform
) -> None:
    stored = await _rows(platform, "authenticator") + await _rows(platform, "recovery_code")
    assert stored
    for secret in (holder.secret, holder.codes[0], holder.codes[0].replace("-", "")):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def _rows(platform: Platform, table: str) -> str:
    async with platform.runtime.read(SERVICE) as connection:
        rows = await connection.execute(text(f"SELECT t::text FROM identity.{table} t"))  # noqa: S608 - names of ours
        return "".join(rows.scalars())
