"""A server that is killed while webhooks come in: each of them is applied once in the end."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from e2e.installation import Installation, installed
from e2e.soundness import FLAWS, UNDER_WAY, found, settle
from gymhopper.sandbox.demo.client import Platform, UnexpectedAnswer, until
from gymhopper.sandbox.demo.story import AGREEMENT

PAYERS = 6
"""So many pay just before it is killed, with a dozen webhooks for each."""

CENTS = 3900
PRICE = {"amount": CENTS, "currency": "EUR"}
ON_ITS_WAY = {name: UNDER_WAY[name] for name in ("deliveries", "webhooks", "jobs")}


async def offered(platform: Platform) -> dict[str, Any]:
    """A seller, and something to buy."""
    operator = await platform.post("/organisations", {"name": "Hop Network", "kind": "operator"})
    seller = await platform.post(
        "/legal-entities",
        {
            "organisation_id": operator["id"],
            "name": "Hop Network GmbH",
            "country": "DE",
            "currency": "EUR",
            "zone": "Europe/Berlin",
        },
    )
    plan: dict[str, Any] = await platform.post(
        "/plans",
        {
            "organisation_id": operator["id"],
            "legal_entity_id": seller["id"],
            "name": "Hop Plus",
            "coverage": {"include": [{}]},
            "prices": [{"price": PRICE}],
        },
    )
    return plan


async def page_of_somebody(platform: Platform, plan: dict[str, Any]) -> str:
    """Where somebody new pays."""
    member = await platform.post(
        "/members/register",
        {
            "organisation_id": plan["organisation_id"],
            "first_name": "Ada",
            "last_name": "Example",
            "agreement": AGREEMENT,
        },
    )
    (price,) = plan["prices"]
    order = {"plan_id": plan["id"], "price_id": price["id"], "price": PRICE}
    bought = await platform.post(
        f"/members/{member['id']}/memberships", {**order, "agreement": AGREEMENT}
    )

    async def opened() -> str | None:
        try:
            page = await platform.post(
                "/payments/checkouts", {"membership_id": bought["id"], "price": PRICE}
            )
        except UnexpectedAnswer:
            return None  # billing has not heard of the seller yet
        return str(page["url"])

    url = await until(opened, lambda found: found is not None, what="a page is opened")
    assert url is not None
    return url


async def pay(url: str) -> None:
    """Again until somebody answers."""
    async with httpx.AsyncClient(timeout=10) as browser:
        while True:
            try:
                await browser.post(url, data={"card": "4242424242424242"})
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return


async def pay_and_be_killed(installation: Installation, pages: list[str]) -> bool:
    """Whether something was on its way when the server died."""
    paying = [asyncio.create_task(pay(page)) for page in pages]
    await asyncio.wait(paying, return_when=asyncio.FIRST_COMPLETED)
    installation.kill("main")
    interrupted = found(installation.database_url, ON_ITS_WAY) != {}
    await asyncio.to_thread(installation.start)
    await asyncio.gather(*paying)
    return interrupted


@pytest.mark.prove
@pytest.mark.timeout(300)
async def test_a_server_killed_while_webhooks_come_in_applies_each_once(tmp_path: Path) -> None:
    with installed(tmp_path / "data") as installation:
        platform = await asyncio.to_thread(installation.administrator)
        plan = await offered(platform)
        pages = [await page_of_somebody(platform, plan) for _ in range(PAYERS)]
        assert await pay_and_be_killed(installation, pages)
        await platform.close()
        url = installation.database_url
        await asyncio.to_thread(settle, url, seconds=150)
        assert found(url, FLAWS) == {}
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM billing.claim WHERE status = 'paid'),"
                " (SELECT count(*) FROM bus.event WHERE type = 'billing.payment.succeeded.v1'),"
                " (SELECT count(*) FROM membership.membership WHERE contract = 'active'),"
                " (SELECT sum(p.amount) FROM billing.ledger_posting AS p"
                " JOIN billing.ledger_account AS a ON a.id = p.account_id"
                " WHERE a.kind = 'clearing')"
            ).fetchone()
        assert row == (PAYERS, PAYERS, PAYERS, PAYERS * CENTS)
        doctor = await asyncio.to_thread(installation.command, "doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert await asyncio.to_thread(installation.stop) == 0
