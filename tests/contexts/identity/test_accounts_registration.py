"""Accounts are opened by whoever controls the mailbox, and nobody else learns who has one."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import body_of, last_mail, link_in, mails, token_in
from contexts.identity.people import (
    EMAIL,
    PASSWORD,
    browser,
    browser_from,
    new_account,
    open_connections,
    sign_in,
)
from gymhopper.chassis.auth import SERVICE
from gymhopper.kernel.clock import ManualClock

ACCOUNTS = "/api/v1/accounts"
OTHER = "another mill, another loom"


async def register(client: httpx.AsyncClient, email: str = EMAIL) -> httpx.Response:
    return await client.post(ACCOUNTS, json={"email": email})


async def confirm(
    client: httpx.AsyncClient, token: str, password: str = PASSWORD
) -> httpx.Response:
    return await client.post(f"{ACCOUNTS}/confirm", json={"token": token, "password": password})


async def test_an_account_opens_with_the_link_that_its_address_got(platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        asked = await register(client)
        assert asked.status_code == 202, asked.text
        assert (await sign_in(client)).status_code == 401

        mail = await last_mail(platform.runtime)
        assert mail["To"] == EMAIL
        opened = await confirm(client, token_in(mail))

        assert opened.status_code == 201, opened.text
        account = (await client.get("/api/v1/me")).json()["account"]
        assert (account["email"], account["confirmed"]) == (EMAIL, True)
        await client.delete("/api/v1/sessions/current")
        assert (await sign_in(client)).status_code == 201


async def test_the_answer_and_the_work_are_the_same_for_an_address_that_has_an_account(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)

    async def traces() -> tuple[int, int]:
        async with platform.runtime.read(SERVICE) as connection:
            count = "SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {})"
            row = await connection.execute(
                text(count.format("identity.email_link", "jobs.procrastinate_jobs"))
            )
            return tuple(row.one())  # type: ignore[return-value] # two counts

    async with browser(platform.runtime) as client:
        known = await register(client)
        first = await traces()
        unknown = await register(client, "nobody@example.com")
        second = await traces()

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert set(known.headers) == set(unknown.headers)
    assert (first, second) == ((1, 1), (2, 2))


async def test_who_has_an_account_gets_a_link_to_sign_in_to_it(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await register(client)
        mail = await last_mail(platform.runtime)
        assert "already" in mail["Subject"]

        refused = await confirm(client, token_in(mail))
        assert (refused.status_code, refused.json()["code"]) == (401, "link_invalid")
        used = await client.post("/api/v1/sessions/links/use", json={"token": token_in(mail)})
        assert used.status_code == 201


async def test_case_does_not_make_a_second_account(platform: Platform) -> None:
    await new_account(platform.runtime, email="Ada@Example.com")
    async with browser(platform.runtime) as client:
        assert (await sign_in(client, email="ada@EXAMPLE.com")).status_code == 201
        await register(client, "ADA@example.com")
    assert "already" in (await last_mail(platform.runtime))["Subject"]


async def test_of_two_links_for_one_mailbox_one_opens_the_account(platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        await register(client)
        await register(client)
        first, second = await mails(platform.runtime)
        await open_connections(platform.runtime)

        answers = await asyncio.gather(*(confirm(client, token_in(m)) for m in (first, second)))

    assert sorted(each.status_code for each in answers) == [201, 409]
    refused = next(each for each in answers if each.status_code == 409)
    assert refused.json()["code"] == "account_exists"


async def test_a_link_opens_one_account_however_often_it_is_used(platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        await register(client)
        token = token_in(await last_mail(platform.runtime))
        await open_connections(platform.runtime)
        answers = await asyncio.gather(*(confirm(client, token) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201] + [401] * 5


async def test_an_unconfirmed_registration_is_nothing(
    platform: Platform, clock: ManualClock
) -> None:
    async with browser(platform.runtime) as client:
        await register(client)
        token = token_in(await last_mail(platform.runtime))
        clock.advance(timedelta(days=1))
        assert (await confirm(client, token)).status_code == 401


async def test_links_lead_to_where_people_reach_the_platform(platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        await register(client)
    mail = await last_mail(platform.runtime)
    assert link_in(mail).startswith(f"{platform.runtime.public_url}/sign-in/confirm?token=ghl_")
    assert "one day" in body_of(mail)


async def test_a_mailbox_is_not_flooded(platform: Platform, clock: ManualClock) -> None:
    await new_account(platform.runtime)
    for n in range(8):
        async with browser_from(platform.runtime, f"198.51.100.{n}") as client:
            asked = await client.post("/api/v1/sessions/links", json={"email": EMAIL})
            assert asked.status_code == 202
    assert len(await mails(platform.runtime)) == 5
    clock.advance(timedelta(minutes=5))
    async with browser(platform.runtime) as client:
        await client.post("/api/v1/sessions/links", json={"email": EMAIL})
    assert len(await mails(platform.runtime)) == 6


async def test_a_network_asks_for_links_in_measure_and_holds_up_no_known_device(
    platform: Platform,
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as owner, browser(platform.runtime) as attacker:
        await sign_in(owner)
        statuses = [
            (await attacker.post("/api/v1/sessions/links", json={"email": f"{n}@example.com"}))
            for n in range(31)
        ]
        assert [each.status_code for each in statuses] == [202] * 30 + [429]
        asked = await owner.post("/api/v1/sessions/links", json={"email": EMAIL})
        assert asked.status_code == 202
    assert (await last_mail(platform.runtime))["To"] == EMAIL


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "ada"}, "email"),
        ({"email": "ada@"}, "email"),
        ({"email": "a da@example.com"}, "email"),
        ({"email": "ada@example.com\r\nBcc: all@example.com"}, "email"),
        ({"email": "a" * 251 + "@b.c"}, "email"),
        ({"email": None}, "email"),
        ({"email": 1}, "email"),
        ({"password": PASSWORD}, "password"),
        ({"name": "Ada"}, "name"),
    ],
)
async def test_bad_input_is_named_by_its_field(
    platform: Platform, change: dict[str, object], field: str
) -> None:
    async with browser(platform.runtime) as client:
        answer = await client.post(ACCOUNTS, json={"email": EMAIL} | change)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert await mails(platform.runtime) == []


@pytest.mark.parametrize("bad", ["", "short", "x" * 257, ["a"], "password123", None])
async def test_a_bad_password_leaves_the_link_good(platform: Platform, bad: object) -> None:
    async with browser(platform.runtime) as client:
        await register(client)
        token = token_in(await last_mail(platform.runtime))
        refused = await client.post(f"{ACCOUNTS}/confirm", json={"token": token, "password": bad})
        assert (refused.status_code, refused.json()["field"]) == (422, "password")
        assert (await confirm(client, token)).status_code == 201


async def test_the_password_is_chosen_by_whoever_has_the_mailbox(platform: Platform) -> None:
    async with browser(platform.runtime) as stranger, browser(platform.runtime) as holder:
        await register(stranger)
        page = await holder.get(link_in(await last_mail(platform.runtime)))
        assert 'name="password"' in page.text
        token = token_in(await last_mail(platform.runtime))
        form = {"token": token, "password": OTHER}
        assert (await holder.post("/sign-in/confirm", data=form)).status_code == 200
        assert (await holder.get("/api/v1/me")).status_code == 200
        assert (await sign_in(stranger)).status_code == 401
        assert (await sign_in(holder, password=OTHER)).status_code == 201


async def test_nothing_that_was_sent_is_readable_in_the_database(platform: Platform) -> None:
    async with browser(platform.runtime) as client:
        await register(client)
        async with platform.runtime.begin(SERVICE) as uow:
            before = await uow.connection.execute(text("SELECT t::text FROM identity.email_link t"))
            stored = "".join(before.scalars())
        token = token_in(await last_mail(platform.runtime))
        async with platform.runtime.read(SERVICE) as connection:
            after = await connection.execute(text("SELECT t::text FROM identity.email_link t"))
            stored += "".join(after.scalars())
            assert (await connection.execute(text("SELECT * FROM identity.mail"))).all() == []
    for secret in (EMAIL, EMAIL.encode().hex(), PASSWORD, token.rpartition("_")[2]):
        assert secret not in stored
