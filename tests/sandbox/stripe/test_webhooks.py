"""Every event arrives, signed, however bad the way is."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
import stripe

from gymhopper.sandbox.stripe.webhooks.delivery import (
    RETRY_DELAYS,
    Unruliness,
    WebhookDelivery,
)
from gymhopper.sandbox.stripe.webhooks.signature import sign
from sandbox.stripe.harness import Sandbox


async def _happened(sandbox: Sandbox) -> list[str]:
    """The ids of all events, oldest first."""
    page = await sandbox.client.v1.events.list_async({"limit": 100})
    return [each.id async for each in page.auto_paging_iter()][::-1]


async def test_the_librarys_own_check_accepts_the_signature(sandbox: Sandbox) -> None:
    await sandbox.client.v1.customers.create_async({})
    await sandbox.deliver()
    ((body, header),) = sandbox.receiver.requests
    timestamp = int(sandbox.clock.now().timestamp())
    assert header.startswith(f"t={timestamp},v1=")
    assert header == sign(sandbox.secret, body, timestamp)
    event = stripe.Webhook.construct_event(body, header, sandbox.secret, tolerance=None)
    assert (event.type, event.api_version) == ("customer.created", "2026-08-26.dahlia")
    for changed, secret in ((body + b" ", sandbox.secret), (body, "whsec_other")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(changed, header, secret, tolerance=None)


async def test_events_are_delivered_in_order_and_once(sandbox: Sandbox) -> None:
    await sandbox.subscribe()
    arrived = [event["id"] for event in await sandbox.deliver()]
    assert arrived == await _happened(sandbox)
    assert await sandbox.deliver() == []


async def test_a_refused_event_comes_again_after_growing_delays(sandbox: Sandbox) -> None:
    sandbox.receiver.answers = lambda: 500
    await sandbox.client.v1.customers.create_async({})
    assert len(await sandbox.deliver()) == 1
    for delay in RETRY_DELAYS:
        sandbox.clock.advance(timedelta(seconds=delay - 0.5))
        assert await sandbox.deliver() == []
        sandbox.clock.advance(timedelta(seconds=0.5))
        assert len(await sandbox.deliver()) == 1
    sandbox.clock.advance(timedelta(days=30))
    assert await sandbox.deliver() == []
    assert sum(RETRY_DELAYS) > 2.5 * 86_400
    assert list(RETRY_DELAYS) == sorted(RETRY_DELAYS)


async def test_a_route_that_recovers_gets_what_it_refused(sandbox: Sandbox) -> None:
    sandbox.receiver.answers = iter([503, 301, *[202] * 50]).__next__
    await sandbox.subscribe()
    await sandbox.deliver()
    sandbox.clock.advance(timedelta(seconds=5))
    await sandbox.deliver()
    bodies = Counter(body for body, _ in sandbox.receiver.requests)
    events = [
        stripe.Webhook.construct_event(body, header, sandbox.secret, tolerance=None).id
        for body, header in sandbox.receiver.requests
    ]
    assert set(events) == set(await _happened(sandbox))
    assert sorted(bodies.values())[-2:] == [2, 2]
    assert sum(bodies.values()) == len(bodies) + 2


async def test_a_route_that_cannot_be_reached_is_tried_again(sandbox: Sandbox) -> None:
    await sandbox.client.v1.customers.create_async({})
    url, sandbox.runtime.url = sandbox.runtime.url, "http://127.0.0.1:9"
    assert await sandbox.deliver() == []
    sandbox.runtime.url = url
    assert await sandbox.deliver() == []
    sandbox.clock.advance(timedelta(seconds=1))
    assert len(await sandbox.deliver()) == 1


async def test_a_delivery_that_died_in_the_middle_is_made_again(sandbox: Sandbox) -> None:
    await sandbox.client.v1.customers.create_async({})
    started = asyncio.Event()
    never = asyncio.Event()

    async def hang() -> None:
        started.set()
        await never.wait()

    sandbox.receiver.before_answer = hang
    delivery = WebhookDelivery(sandbox.runtime)
    task = asyncio.create_task(delivery.step())
    await asyncio.wait_for(started.wait(), 10)
    task.cancel()
    await asyncio.wait({task})
    await delivery.close()
    never.set()
    sandbox.receiver.requests.clear()
    assert await sandbox.deliver() == []
    sandbox.clock.advance(timedelta(seconds=15))
    assert len(await sandbox.deliver()) == 1


async def test_two_deliverers_do_not_send_the_same_event(sandbox: Sandbox) -> None:
    for _ in range(3):
        await sandbox.subscribe()
    await asyncio.gather(*(sandbox.deliver() for _ in range(3)))
    assert len(sandbox.receiver.requests) == len(await _happened(sandbox))


@pytest.mark.parametrize("seed", range(6))
async def test_however_bad_the_way_every_event_arrives(sandbox: Sandbox, seed: int) -> None:
    unruliness = Unruliness(duplicate=0.4, shuffle=True, delay=20, drop_first_try=0.4)
    await sandbox.subscribe()
    await sandbox.client.v1.customers.create_async({})
    arrived = []
    for _ in range(30):
        arrived += [event["id"] for event in await sandbox.deliver(unruliness, seed=seed)]
        sandbox.clock.advance(timedelta(seconds=1))
    happened = await _happened(sandbox)
    assert set(arrived) == set(happened)
    assert len(arrived) > len(happened)
    assert list(dict.fromkeys(arrived)) != happened


async def test_a_late_network_is_late_but_no_longer_than_that(sandbox: Sandbox) -> None:
    late = Unruliness(delay=60)
    await sandbox.subscribe()
    assert await sandbox.deliver(late) == []
    sandbox.clock.advance(timedelta(seconds=30))
    half = len(await sandbox.deliver(late))
    sandbox.clock.advance(timedelta(seconds=30))
    rest = len(await sandbox.deliver(late))
    assert half > 0 < rest
    assert half + rest == len(await _happened(sandbox))
