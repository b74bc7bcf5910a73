"""Passwords: which are refused, how they are kept, how they are changed."""

import asyncio
import hashlib
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import body_of, last_mail, mails, token_in
from contexts.identity.people import EMAIL, PASSWORD, browser, new_account, sign_in
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.identity.domain.password_rules import WeakPassword, require_strong
from gymhopper.contexts.identity.gateways.breached_passwords import is_breached
from gymhopper.contexts.identity.gateways.common_passwords import common_passwords
from gymhopper.contexts.identity.gateways.hashing import Passwords
from gymhopper.kernel.clock import ManualClock

ME = "/api/v1/me"
NEW = "looms that follow punched cards"


@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "ninechars",
        "x" * 257,
        "password123",
        "Password123!",
        "P4ssw0rd!!!!",
        "dragon2024!!",
        "qwertyuiop",
        "1234567890",
        "09876543210987",
        "abcdefghijkl",
        "asdfghjklasdf",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "1212121212121212",
        "ada@example.com",
        "Ada@Example.com1",
        "lovelace99",
        "99lovelace",
        "basketball",
    ],
)
def test_what_guessing_begins_with_is_refused(weak: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        require_strong(weak, common=common_passwords(), about=[EMAIL, "Ada Lovelace"])
    assert refused.value.field == "password"
    assert weak not in refused.value.detail


@pytest.mark.parametrize(
    "strong",
    [
        PASSWORD,
        NEW,
        "correct horse battery staple",
        "tR7#kq9!mZ",
        "ça va très bien, merci",
        "пароль, которого нет",
        "dragons drink 2024 teas",
        "lovelace wrote about looms",
        "    a    b    c    d    ",
    ],
)
def test_what_is_long_and_its_holders_own_is_accepted(strong: str) -> None:
    require_strong(strong, common=common_passwords(), about=[EMAIL, "Ada Lovelace"])


@given(st.text(max_size=300))
def test_any_text_is_judged(password: str) -> None:
    try:
        require_strong(password, common=common_passwords(), about=[EMAIL])
    except WeakPassword:
        return
    assert 10 <= len(password) <= 2 * 256


async def test_a_password_is_the_same_however_a_keyboard_composes_it() -> None:
    hashing = Passwords(memory_kib=8, rounds=1, threads=1)
    stored = await hashing.hash("caf\u00e9 au lait, s'il vous pla\u00eet")
    assert await hashing.check(stored, "cafe\u0301 au lait, s'il vous plai\u0302t")
    assert not await hashing.check(stored, "cafe au lait, s'il vous plait")
    hashing.close()


async def test_hashing_is_done_off_the_loop_and_a_few_at_a_time() -> None:
    hashing = Passwords(memory_kib=8, rounds=1, threads=2)
    at_once, most, lock = 0, 0, threading.Lock()
    loop_thread = threading.get_ident()
    real = hashing._hasher.hash

    class Watched:
        def hash(self, password: str) -> str:
            nonlocal at_once, most
            assert threading.get_ident() != loop_thread
            with lock:
                at_once += 1
                most = max(most, at_once)
            try:
                return real(password)
            finally:
                with lock:
                    at_once -= 1

    hashing._hasher = Watched()  # type: ignore[assignment] # the part that is called
    await asyncio.gather(*(hashing.hash(PASSWORD) for _ in range(20)))
    assert 1 <= most <= 2
    hashing.close()


async def test_a_hash_is_made_anew_when_it_has_become_too_cheap(platform: Platform) -> None:
    await new_account(platform.runtime)
    cheap = await Passwords(memory_kib=8, rounds=1, threads=1).hash(PASSWORD)

    async def stored() -> str:
        async with platform.runtime.read(SERVICE) as connection:
            row = await connection.execute(text("SELECT password_hash FROM identity.account"))
            return str(row.scalar_one())

    assert "m=19456,t=2,p=1" in await stored()
    async with platform.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            text("UPDATE identity.account SET password_hash = :cheap"), {"cheap": cheap}
        )
    async with browser(platform.runtime) as client:
        assert (await sign_in(client, password="not the right one")).status_code == 401
        assert await stored() == cheap
        assert (await sign_in(client)).status_code == 201
        assert "m=19456,t=2,p=1" in await stored()
        assert (await sign_in(client)).status_code == 201


async def test_a_new_password_signs_everybody_else_out_and_tells_by_mail(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as here, browser(platform.runtime) as there:
        await sign_in(here)
        await sign_in(there)
        assert (await there.get(ME)).status_code == 200

        for proof, status in (({}, 403), ({"current_password": "not the right one"}, 403)):
            refused = await here.put(f"{ME}/password", json={"password": NEW} | proof)
            assert refused.status_code == status, refused.text
        body = {"password": NEW, "current_password": PASSWORD}
        assert (await here.put(f"{ME}/password", json=body)).status_code == 204

        assert (await here.get(ME)).status_code == 200
        assert (await there.get(ME)).status_code == 401
        assert (await sign_in(there)).status_code == 401
        assert (await sign_in(there, password=NEW)).status_code == 201
    mail = await last_mail(platform.runtime)
    assert (mail["To"], mail["Subject"]) == (EMAIL, "Your password was changed")
    assert NEW not in body_of(mail)


async def test_a_weak_new_password_changes_nothing(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        body = {"password": EMAIL, "current_password": PASSWORD}
        refused = await client.put(f"{ME}/password", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "weak_password")
        assert (await sign_in(client)).status_code == 201


async def test_an_address_changes_when_the_new_mailbox_says_so(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        asked = await client.put(f"{ME}/email", json={"email": "countess@example.com"})
        assert asked.status_code == 202, asked.text
        notice, link = sorted(await mails(platform.runtime), key=lambda each: str(each["To"]))
        assert (notice["To"], link["To"]) == (EMAIL, "countess@example.com")
        assert (await client.get(ME)).json()["account"]["email"] == EMAIL

        confirm = "/api/v1/accounts/email/confirm"
        assert (await client.post(confirm, json={"token": token_in(link)})).status_code == 204
        assert (await client.post(confirm, json={"token": token_in(link)})).status_code == 401
        assert (await client.get(ME)).json()["account"]["email"] == "countess@example.com"
        assert (await sign_in(client)).status_code == 401
        assert (await sign_in(client, email="countess@example.com")).status_code == 201


async def test_an_old_session_changes_no_address_without_a_proof(
    platform: Platform, clock: ManualClock
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client)
        clock.advance(timedelta(minutes=11))
        body = {"email": "thief@example.com"}
        refused = await client.put(f"{ME}/email", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "proof_needed")
        asked = await client.put(f"{ME}/email", json=body | {"current_password": PASSWORD})
        assert asked.status_code == 202


async def test_that_another_has_the_address_is_told_to_its_mailbox_only(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)
    await new_account(platform.runtime, email="bob@example.com")
    async with browser(platform.runtime) as client:
        await sign_in(client)
        free = await client.put(f"{ME}/email", json={"email": "free@example.com"})
        taken = await client.put(f"{ME}/email", json={"email": "bob@example.com"})
        assert (free.status_code, free.content) == (taken.status_code, taken.content)

        sent = {str(each["To"]): each for each in await mails(platform.runtime)}
        confirm = "/api/v1/accounts/email/confirm"
        body = {"token": token_in(sent["bob@example.com"])}
        refused = await client.post(confirm, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "account_exists")
        assert (await client.get(ME)).json()["account"]["email"] == EMAIL


class _Ranges(BaseHTTPRequestHandler):
    """Knows one password as breached, and pads its answers."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        known = {"/range/" + BREACHED[:5]: f"{BREACHED[5:]}:7\r\n{'0' * 35}:0"}
        body = known.get(self.path, f"{OTHER[5:]}:0").encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


BREACHED, OTHER = _sha1("breached but long"), _sha1("padding but long")


async def test_breached_passwords_are_refused_without_telling_them() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ranges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/range"
    try:
        assert await is_breached(url, "breached but long")
        assert not await is_breached(url, "padding but long")
        assert not await is_breached(url + "/", PASSWORD)
    finally:
        server.shutdown()
        server.server_close()
    assert all(len(path) == len("/range/00000") for path in _Ranges.asked)


async def test_a_breach_service_that_is_down_keeps_nobody_out(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/range"
        assert not await is_breached(url, PASSWORD)
    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "breached_passwords_unavailable" in logged
    assert _sha1(PASSWORD)[5:] not in logged


async def test_the_service_is_asked_where_it_is_set(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ranges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(
        "GYMHOPPER_IDENTITY_BREACHED_PASSWORDS_URL", f"http://127.0.0.1:{server.server_port}/range"
    )
    try:
        async with browser(platform.runtime) as client:
            await client.post("/api/v1/accounts", json={"email": EMAIL})
            token = token_in(await last_mail(platform.runtime))
            body = {"token": token, "password": "breached but long"}
            refused = await client.post("/api/v1/accounts/confirm", json=body)
    finally:
        server.shutdown()
        server.server_close()
    assert (refused.status_code, refused.json()["code"]) == (422, "weak_password")
