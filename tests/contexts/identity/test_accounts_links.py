"""Links by mail sign in once, on any device; a scanner that opens them changes nothing."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import last_mail, link_in, mails, token_in
from contexts.identity.people import (
    EMAIL,
    browser,
    browser_from,
    new_account,
    open_connections,
    sign_in,
)
from gymhopper.kernel.clock import ManualClock

LINKS = "/api/v1/sessions/links"
RESETS = "/api/v1/accounts/password-resets"
ME = "/api/v1/me"
NEW = "looms that follow punched cards"


async def sign_in_link(platform: Platform, client: httpx.AsyncClient) -> str:
    asked = await client.post(LINKS, json={"email": EMAIL})
    assert asked.status_code == 202, asked.text
    return token_in(await last_mail(platform.runtime))


async def use(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(f"{LINKS}/use", json={"token": token})


async def test_a_link_signs_in_on_another_device_than_the_one_that_asked(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as desktop, browser_from(platform.runtime, "::1") as phone:
        token = await sign_in_link(platform, desktop)
        assert (await use(phone, token)).status_code == 201
        assert (await phone.get(ME)).status_code == 200
        assert (await desktop.get(ME)).status_code == 401


async def test_a_link_is_good_once_even_when_used_twice_at_once(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        token = await sign_in_link(platform, client)
        await open_connections(platform.runtime)
        answers = await asyncio.gather(*(use(client, token) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201] + [401] * 5
    assert {each.json()["code"] for each in answers if each.status_code == 401} == {"link_invalid"}


async def test_a_link_ends_after_fifteen_minutes(platform: Platform, clock: ManualClock) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        token = await sign_in_link(platform, client)
        clock.advance(timedelta(minutes=15))
        assert (await use(client, token)).status_code == 401


async def test_nobody_without_an_account_gets_mail_and_the_answer_does_not_tell(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        for path in (LINKS, RESETS):
            known = await client.post(path, json={"email": EMAIL})
            unknown = await client.post(path, json={"email": "nobody@example.com"})
            assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert {each["To"] for each in await mails(platform.runtime)} == {EMAIL}


@pytest.mark.parametrize("path", ["/sign-in/link", "/sign-in/confirm", "/sign-in/password"])
async def test_a_scanner_that_opens_the_page_uses_nothing_up(platform: Platform, path: str) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as scanner:
        asked = {"/sign-in/link": LINKS, "/sign-in/password": RESETS}.get(path, "/api/v1/accounts")
        email = "new@example.com" if path == "/sign-in/confirm" else EMAIL
        await scanner.post(asked, json={"email": email})
        link = link_in(await last_mail(platform.runtime))
        assert urlsplit(link).path == path
        for _ in range(3):
            shown = await scanner.get(urlsplit(link).path, params=urlsplit(link).query)
            assert shown.status_code == 200
            await scanner.head(urlsplit(link).path, params=urlsplit(link).query)
        assert "set-cookie" not in shown.headers
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert "<script" not in shown.text

        token = token_in(await last_mail(platform.runtime))
        sent = await scanner.post(path, data={"token": token, "password": NEW})
        assert sent.status_code == 200, sent.text
        assert (await scanner.get(ME)).status_code == 200


async def test_a_page_of_another_site_cannot_use_a_link(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        token = await sign_in_link(platform, client)
        client.headers["Sec-Fetch-Site"] = "cross-site"
        refused = await client.post("/sign-in/link", data={"token": token})
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers


async def test_a_dead_link_says_so_on_its_page(platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        for path in ("link", "confirm", "password", "email", "second-factor"):
            for token in ("", "x", "ghl_" + "0" * 32 + "_" + "0" * 64):
                form = {"token": token, "password": NEW, "code": "123456"}
                refused = await client.post(f"/sign-in/{path}", data=form)
                assert refused.status_code == 401, (path, refused.text)
                assert 'role="alert"' in refused.text
                offered = 'href="/sign-in/forgot"' in refused.text
                assert offered == (path == "password")


async def test_a_page_shows_what_it_was_given_as_text_only(platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        shown = await client.get("/sign-in/link", params={"token": '"><script>alert(1)</script>'})
        unknown = await client.get("/sign-in/nowhere")
    assert "<script" not in shown.text
    assert unknown.status_code == 404


async def test_a_forgotten_password_is_set_by_a_link(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as stolen, browser(platform.runtime) as owner:
        await sign_in(stolen)
        assert (await stolen.get(ME)).status_code == 200
        await owner.post(RESETS, json={"email": EMAIL})
        token = token_in(await last_mail(platform.runtime))
        body = {"token": token, "password": NEW}

        weak = await owner.post(f"{RESETS}/complete", json=body | {"password": "password123"})
        assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
        assert (await owner.post(f"{RESETS}/complete", json=body)).status_code == 201
        again = await owner.post(f"{RESETS}/complete", json=body)
        assert (again.status_code, again.json()["code"]) == (401, "link_invalid")

        assert (await owner.get(ME)).status_code == 200
        assert (await stolen.get(ME)).status_code == 401
        assert (await sign_in(owner)).status_code == 401
        assert (await sign_in(owner, password=NEW)).status_code == 201
    assert "changed" in (await last_mail(platform.runtime))["Subject"]


async def test_a_weak_password_on_the_page_may_be_tried_again(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as owner:
        form = {"email": EMAIL}
        assert (await owner.post("/sign-in/forgot", data=form)).status_code == 200
        token = token_in(await last_mail(platform.runtime))
        weak = await owner.post("/sign-in/password", data={"token": token, "password": "short"})
        assert weak.status_code == 422
        assert token in weak.text
        assert 'aria-invalid="true"' in weak.text
        done = await owner.post("/sign-in/password", data={"token": token, "password": NEW})
        assert done.status_code == 200
        assert (await owner.get(ME)).status_code == 200


async def test_a_link_for_one_thing_does_no_other(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        token = await sign_in_link(platform, client)
        body = {"token": token, "password": NEW}
        for path in (f"{RESETS}/complete", "/api/v1/accounts/confirm"):
            assert (await client.post(path, json=body)).status_code == 401
        assert (await use(client, token)).status_code == 201


async def test_guessing_cannot_keep_the_owner_from_signing_in_by_link(platform: Platform) -> None:
    await new_account(platform.runtime)
    for n in range(21):
        async with browser_from(platform.runtime, f"198.51.100.{n}") as attacker:
            guesses = [sign_in(attacker, password="a wrong guess") for _ in range(5)]
            await asyncio.gather(*guesses)
    async with browser_from(platform.runtime, "192.0.2.1") as owner:
        assert (await sign_in(owner)).status_code == 429
        assert (await use(owner, await sign_in_link(platform, owner))).status_code == 201
