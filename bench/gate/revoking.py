"""How long a door goes on admitting somebody whose subscription has ended at the provider."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import httpx
from bench.gate.drive import Load, LoadFailed, drive, write_readers
from bench.gate.seed import card
from sqlalchemy import text

from gymhopper.app.demo import temporary_platform
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.sandbox.demo.client import Json, Platform, until
from gymhopper.sandbox.demo.story import AGREEMENT, Story

REVOCATIONS = 100
SCANS_A_SECOND = 200
_CONNECTIONS = 16
_AT_ONCE = 4
_SCAN_PAUSE = 0.01  # seconds; every scan of ours is work for the process that is measured
_ANSWER_MS = 20  # about what an answer takes while all this goes on in one process

_ACCEPTED = text(
    "SELECT max(received_at) FROM billing.webhook_event"
    " WHERE type = 'customer.subscription.deleted'"
    " AND convert_from(body, 'UTF8')::jsonb -> 'data' -> 'object' ->> 'id' = :subscription"
)


async def revocation_p99_ms(folder: Path, revocations: int = REVOCATIONS) -> float:
    """Milliseconds from the provider's webhook accepted to the door refusing, 99th percentile.

    The whole platform is one process, and 200 scans a second go on beside. Each revocation is the
    end of one subscription at the provider; a reader scans that member's card without pause.
    """
    async with temporary_platform() as process:
        runtime = process.runtime
        platform = Platform(runtime.url, await create_administrator(runtime, "bench"))
        story = Story(platform, stripe_url=runtime.url + "/sandbox/stripe", sign=_unsigned)
        try:
            for step in (story.found, story.open_locations, story.offer_plan):
                await step()
            subscriptions = await _subscribe_all(platform, story, revocations)
            await story.sign_in()
            delays = await _revoke_under_load(runtime, story, subscriptions, folder)
        finally:
            await story.close()
            await platform.close()
    return quantiles(delays, n=100)[98] * 1000


def _unsigned(_: bytes) -> str:
    raise NotImplementedError("nothing is signed here: the sandbox delivers by itself")


async def _subscribe_all(platform: Platform, story: Story, count: int) -> list[str]:
    """That many paid memberships, some at a time; returns their subscriptions in order."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> str:
        async with places:
            return await _subscribe(platform, story, number)

    return list(await asyncio.gather(*map(one, range(count))))


async def _subscribe(platform: Platform, story: Story, number: int) -> str:
    """A member with a card and a paid membership; returns the provider's subscription."""
    cast = story.cast
    price = cast.plan["prices"][0]
    member = await platform.post(
        "/members/register",
        {
            "organisation_id": cast.operator,
            "first_name": "Member",
            "last_name": f"No. {number}",
            "agreement": AGREEMENT,
        },
    )
    await platform.post(
        "/credentials", {"member_id": member["id"], "kind": "card", "value": card(number)}
    )
    membership = await platform.post(
        f"/members/{member['id']}/memberships",
        {
            "plan_id": cast.plan["id"],
            "price_id": price["id"],
            "price": price["price"],
            "agreement": {**AGREEMENT, "early_start": True},
        },
    )
    checkout = await platform.post(
        "/payments/checkouts", {"membership_id": membership["id"], "price": price["price"]}
    )
    async with httpx.AsyncClient() as browser:
        await browser.post(checkout["url"], data={"card": "4242424242424242"})

    async def money() -> Json:
        found: Json = await platform.get(f"/payments/memberships/{membership['id']}")
        return found

    paid = await until(
        money,
        lambda found: bool(found["payments"] and found["subscription"]),
        what="the membership is paid",
        pause=0.3,
    )
    subscription: str = paid["subscription"]["provider_id"]
    return subscription


async def _revoke_under_load(
    runtime: Runtime, story: Story, subscriptions: list[str], folder: Path
) -> list[float]:
    reader = story.cast.readers["Mitte"]
    readers = write_readers(folder / "revoking", [(reader.session, reader.door_id)])
    load = Load(
        "scan",
        readers,
        len(subscriptions),
        connections=_CONNECTIONS,
        seconds=5 + len(subscriptions) // 4,
        delay_ms=1000 * _CONNECTIONS / SCANS_A_SECOND - _ANSWER_MS,
        prefix="/api/v1",
    )
    port = int(runtime.url.rpartition(":")[2])
    scanning = asyncio.create_task(drive(port, load))
    await asyncio.sleep(1)
    delays = []
    for number, subscription in enumerate(subscriptions):
        delays.append(await _revoke(runtime, story, number, subscription))
    result = await scanning
    if result.rps < 0.75 * SCANS_A_SECOND:
        raise LoadFailed(f"only {result.rps} scans a second went on beside")
    return delays


async def _revoke(runtime: Runtime, story: Story, number: int, subscription: str) -> float:
    """Seconds from accepted to refused."""
    reader = story.cast.readers["Mitte"]
    await until(
        lambda: reader.scan("card", card(number)),
        lambda answer: answer["decision"] == "allow",
        what="the member is let in",
    )
    await story.provider("DELETE", f"/v1/subscriptions/{subscription}")
    await until(
        lambda: reader.scan("card", card(number)),
        lambda answer: answer["decision"] == "deny",
        what="the member is refused",
        pause=_SCAN_PAUSE,
    )
    refused = datetime.now(UTC)
    async with runtime.read(SERVICE) as connection:
        accepted = (
            await connection.execute(_ACCEPTED, {"subscription": subscription})
        ).scalar_one()
    delay: float = (refused - accepted).total_seconds()
    return delay
