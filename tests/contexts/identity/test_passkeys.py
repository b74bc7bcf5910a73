"""A key signs in for this site, for its own account, for what it was asked, and once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import mails
from contexts.identity.people import PASSWORD, browser, new_account, sign_in
from contexts.identity.soft_key import BACKUP, PRESENT, VERIFIED, SoftKey, b64
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.identity.domain.passkey import MOST, Passkey, RelyingParty
from gymhopper.contexts.identity.gateways.passkeys import (
    BadCredential,
    challenge_of,
    read_registration,
    read_use,
)
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

MINE = "/api/v1/me/passkeys"
SESSIONS = "/api/v1/sessions/passkey"


@dataclass
class Holder:
    """Somebody who is signed in and may hold passkeys."""

    client: httpx.AsyncClient
    platform: Platform

    async def options(self) -> dict[str, Any]:
        answer = await self.client.post(f"{MINE}/options")
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["options"])

    async def register(self, key: SoftKey, **lies: Any) -> httpx.Response:
        credential = key.register(await self.options(), **lies)
        return await self.client.post(MINE, json={"credential": credential, "name": "My phone"})

    async def listed(self) -> list[dict[str, Any]]:
        return list((await self.client.get(MINE)).json()["items"])


@pytest.fixture
async def holder(platform: Platform) -> AsyncIterator[Holder]:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        yield Holder(client, platform)


@pytest.fixture
async def key(holder: Holder) -> SoftKey:
    """A registered key that counts its uses."""
    made = SoftKey(count=7)
    assert (await holder.register(made)).status_code == 201
    return made


async def asked(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post(f"{SESSIONS}/options")
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["options"])


async def remove(client: httpx.AsyncClient, key: str, password: str = PASSWORD) -> httpx.Response:
    return await client.request("DELETE", f"{MINE}/{key}", json={"password": password})


async def use(platform: Platform, key: SoftKey, **lies: Any) -> httpx.Response:
    """Sign in with the key in a browser that nobody knows."""
    async with browser(platform.runtime) as client:
        key.count += bool(key.count)
        return await client.post(
            SESSIONS, json={"credential": key.sign(await asked(client), **lies)}
        )


async def test_a_key_signs_in_without_a_name_and_without_a_second_factor(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    async with browser(platform.runtime) as client:
        options = await asked(client)
        assert options["userVerification"] == "required"
        assert options.get("allowCredentials", []) == []
        key.count += 1
        answer = await client.post(SESSIONS, json={"credential": key.sign(options)})
        assert answer.status_code == 201, answer.text
        assert answer.json()["second_factor"] is None
        me = (await client.get("/api/v1/me")).json()
    assert me == (await holder.client.get("/api/v1/me")).json()


async def test_a_key_that_does_not_count_signs_in_again_and_again(
    holder: Holder, platform: Platform
) -> None:
    key = SoftKey()
    assert (await holder.register(key, flags=PRESENT | VERIFIED | BACKUP)).status_code == 201
    for _ in range(3):
        signed = await use(platform, key, flags=PRESENT | VERIFIED | BACKUP)
        assert signed.status_code == 201
    assert (await holder.listed())[0]["backed_up"] is True


async def test_a_device_is_asked_for_a_key_that_finds_itself(holder: Holder, key: SoftKey) -> None:
    options = await holder.options()
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert options["rp"]["id"] == "localhost"
    assert options["user"]["name"] == "ada@example.com"
    assert [each["id"] for each in options["excludeCredentials"]] == [b64(key.id)]


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8701"},
        {"origin": "https://localhost:8700"},
        {"site": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"type": "webauthn.create"},
        {"challenge": b64(b"x" * 32)},
        {"cross_origin": True},
        {"handle": new_id().bytes},
        {"sent_data": b"{}"},
    ],
)
async def test_a_key_signs_in_for_this_site_only(
    holder: Holder, key: SoftKey, platform: Platform, lies: dict[str, Any]
) -> None:
    refused = await use(platform, key, **lies)
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_passkey")
    assert "set-cookie" not in refused.headers
    assert (await holder.listed())[0]["suspect_since"] is None


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://evil.example"},
        {"site": "evil.example"},
        {"flags": PRESENT},
        {"type": "webauthn.get"},
        {"challenge": b64(b"x" * 32)},
        {"cross_origin": True},
    ],
)
async def test_a_key_is_registered_at_this_site_only(holder: Holder, lies: dict[str, Any]) -> None:
    refused = await holder.register(SoftKey(), **lies)
    assert (refused.status_code, refused.json()["code"]) == (422, "passkey_refused")
    assert await holder.listed() == []


async def test_a_signature_by_another_key_is_refused(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    forged = SoftKey(id=key.id, handle=key.handle, count=1000)
    assert (await use(platform, forged)).json()["code"] == "wrong_passkey"
    assert (await use(platform, key)).status_code == 201


async def test_what_was_signed_cannot_be_changed(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    async with browser(platform.runtime) as client:
        for field in ("authenticatorData", "signature"):
            credential = key.sign(await asked(client), count=8)
            sent = credential["response"][field]
            credential["response"][field] = sent[:-2] + ("AA" if sent[-2:] != "AA" else "BB")
            refused = await client.post(SESSIONS, json={"credential": credential})
            assert refused.json()["code"] == "wrong_passkey"


async def test_a_challenge_is_answered_once(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    async with browser(platform.runtime) as client:
        options = await asked(client)
        first = await client.post(SESSIONS, json={"credential": key.sign(options, count=8)})
        again = await client.post(SESSIONS, json={"credential": key.sign(options, count=9)})
    assert (first.status_code, again.json()["code"]) == (201, "wrong_passkey")


async def test_one_answer_sent_twice_at_once_signs_in_once(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    async with browser(platform.runtime) as client:
        body = {"credential": key.sign(await asked(client), count=8)}
        answers = await asyncio.gather(*(client.post(SESSIONS, json=body) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 401, 401, 401]


async def test_a_challenge_is_good_for_five_minutes(
    holder: Holder, key: SoftKey, platform: Platform, clock: ManualClock
) -> None:
    async with browser(platform.runtime) as client:
        early, late = await asked(client), await asked(client)
        clock.advance(timedelta(seconds=299))
        body = {"credential": key.sign(early, count=8)}
        assert (await client.post(SESSIONS, json=body)).status_code == 201
        clock.advance(timedelta(seconds=1))
        body = {"credential": key.sign(late, count=9)}
        assert (await client.post(SESSIONS, json=body)).status_code == 401


async def test_challenges_that_nobody_answered_are_swept_away(
    platform: Platform, clock: ManualClock
) -> None:
    async with browser(platform.runtime) as client:
        for _ in range(3):
            await asked(client)
        clock.advance(timedelta(minutes=5))
        await asked(client)
    async with platform.runtime.read(SERVICE) as connection:
        left = await connection.scalar(text("SELECT count(*) FROM identity.passkey_challenge"))
    assert left == 1


async def test_a_challenge_to_register_does_not_sign_in_and_neither_serves_another_account(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    for_me = await holder.options()
    await new_account(platform.runtime, "grace@example.com")
    async with browser(platform.runtime) as client:
        signed = await client.post(SESSIONS, json={"credential": key.sign(for_me, count=8)})
        assert signed.json()["code"] == "wrong_passkey"

        await sign_in(client, "grace@example.com")
        for options in (for_me, {**for_me, "challenge": (await asked(client))["challenge"]}):
            body = {"credential": SoftKey().register(options)}
            assert (await client.post(MINE, json=body)).json()["code"] == "passkey_refused"


async def test_a_key_that_counts_backwards_is_suspect_and_opens_nothing_more(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    assert (await use(platform, key)).status_code == 201
    for count in (8, 5, 0, 1000):
        refused = await use(platform, key, count=count)
        assert (refused.status_code, refused.json()["code"]) == (401, "suspect_passkey")
    subjects = [each["Subject"] for each in await mails(platform.runtime)]
    assert subjects == [
        "A passkey was added to your account",
        "A passkey of yours seems to have been copied",
    ]
    assert (await holder.listed())[0]["suspect_since"] is not None


async def test_a_key_belongs_to_one_account(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    await new_account(platform.runtime, "grace@example.com")
    async with browser(platform.runtime) as client:
        await sign_in(client, "grace@example.com")
        refused = await Holder(client, platform).register(key)
        assert (refused.status_code, refused.json()["code"]) == (409, "passkey_known")
        mine = (await holder.listed())[0]["id"]
        renamed = await client.put(f"{MINE}/{mine}", json={"name": "Stolen"})
        removed = await remove(client, mine)
        assert (renamed.status_code, removed.status_code) == (404, 404)
        assert (await client.get(MINE)).json() == {"items": []}


async def test_a_key_is_renamed_and_removed(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    mine = (await holder.listed())[0]
    assert mine["name"] == "My phone"
    renamed = await holder.client.put(f"{MINE}/{mine['id']}", json={"name": "Old phone"})
    assert renamed.json()["name"] == "Old phone"
    assert (await remove(holder.client, mine["id"])).status_code == 204
    assert (await remove(holder.client, mine["id"])).status_code == 404
    assert (await use(platform, key)).json()["code"] == "wrong_passkey"


async def test_a_young_session_alone_removes_no_key(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    mine = (await holder.listed())[0]["id"]
    assert (await holder.client.delete(f"{MINE}/{mine}")).json()["code"] == "proof_needed"
    assert (await remove(holder.client, mine, "not the right one")).json()["code"] == "wrong_proof"
    assert (await use(platform, key)).status_code == 201


async def test_who_has_nothing_else_to_show_removes_a_key_having_just_signed_in(
    holder: Holder, key: SoftKey, platform: Platform, clock: ManualClock
) -> None:
    mine = (await holder.listed())[0]["id"]
    async with platform.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(text("UPDATE identity.account SET password_hash = NULL"))
    clock.advance(timedelta(minutes=10))
    assert (await holder.client.delete(f"{MINE}/{mine}")).json()["code"] == "proof_needed"
    async with browser(platform.runtime) as client:
        key.count += 1
        await client.post(SESSIONS, json={"credential": key.sign(await asked(client))})
        assert (await client.delete(f"{MINE}/{mine}")).status_code == 204


async def test_the_only_way_into_an_account_is_not_removed(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    async with platform.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            text("UPDATE identity.account SET email = NULL, email_index = NULL")
        )
    mine = (await holder.listed())[0]["id"]
    refused = await remove(holder.client, mine)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")
    assert (await holder.register(SoftKey())).status_code == 201
    mine = [each["id"] for each in await holder.listed()]
    answers = await asyncio.gather(*(remove(holder.client, each) for each in mine))
    assert sorted(each.status_code for each in answers) == [204, 409]


async def test_an_account_has_so_many_keys_and_no_more(holder: Holder) -> None:
    for _ in range(MOST):
        assert (await holder.register(SoftKey())).status_code == 201
    refused = await holder.client.post(f"{MINE}/options")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_passkeys")


async def test_an_old_session_needs_a_proof_to_register(holder: Holder, clock: ManualClock) -> None:
    clock.advance(timedelta(minutes=10))
    refused = await holder.client.post(f"{MINE}/options")
    assert (refused.status_code, refused.json()["code"]) == (403, "proof_needed")
    proved = await holder.client.post(f"{MINE}/options", json={"password": PASSWORD})
    assert proved.status_code == 201


async def test_a_closed_account_is_not_opened_by_its_key(
    holder: Holder, key: SoftKey, platform: Platform
) -> None:
    async with platform.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(text("UPDATE identity.account SET status = 'closed'"))
    assert (await use(platform, key)).status_code == 401


@pytest.mark.parametrize(
    ("url", "site", "origin"),
    [
        ("https://gym.example.com", "gym.example.com", "https://gym.example.com"),
        ("https://gym.example.com:8443", "gym.example.com", "https://gym.example.com:8443"),
        ("http://localhost:8700", "localhost", "http://localhost:8700"),
        ("http://127.0.0.1:8700", "localhost", "http://localhost:8700"),
        ("http://[::1]", "localhost", "http://localhost"),
    ],
)
def test_the_site_is_where_people_reach_the_platform(url: str, site: str, origin: str) -> None:
    assert RelyingParty.at(url) == RelyingParty(site, origin)


SITE = RelyingParty("localhost", "http://localhost:8700")
SOFT = SoftKey()
OPTIONS = {"challenge": b64(b"c" * 32), "user": {"id": b64(b"u" * 16)}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(data=st.data())
def test_whatever_a_device_sends_is_read_or_refused(data: st.DataObject) -> None:
    registers = data.draw(st.booleans())
    sent = SOFT.register(OPTIONS) if registers else SOFT.sign(OPTIONS)
    field = data.draw(st.sampled_from(sorted(sent["response"])))
    junk = data.draw(JSON | st.binary(max_size=200).map(b64))
    response = {**sent["response"], field: junk}
    passkey = Passkey(
        id=new_id(),
        account_id=new_id(),
        credential_id=SOFT.id,
        public_key=b"\xa0",
        sign_count=0,
        name="",
        transports=(),
        backed_up=False,
        created_at=None,  # type: ignore[arg-type]  # nothing here asks
    )
    try:
        challenge_of({**sent, "response": response}, SITE)
        if registers:
            read_registration({**sent, "response": response}, SITE, b"c" * 32)
        else:
            read_use({**sent, "response": response}, SITE, b"c" * 32, passkey)
    except BadCredential:
        pass
