"""What failed is tried again, for three days, without hurting anybody."""

import asyncio
import json
from datetime import timedelta

import pytest

from contexts.integrations.conftest import REGISTERED, Town
from contexts.integrations.receiver import Receiver, receiving, verified
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.integrations.domain.schedule import RETRY_DELAYS
from gymhopper.contexts.integrations.gateways.resolver import SystemResolver
from gymhopper.contexts.integrations.gateways.sender import WebhookSender
from gymhopper.contexts.integrations.usecases import queue_event, tidy_up
from gymhopper.contexts.integrations.usecases.deliver_webhooks import Dispatcher
from gymhopper.kernel.clock import ManualClock


async def test_a_failure_is_tried_again_with_growing_delays_for_three_days(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.status, receiver.answer = 500, b"out of order"
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    began = clock.now()
    await town.deliver()
    for tried, delay in enumerate(RETRY_DELAYS, 1):
        assert len(receiver.received) == tried
        clock.advance(delay * 0.89)
        await town.send_due()
        assert len(receiver.received) == tried, "it came back too early"
        clock.advance(delay * 0.11)
        await town.send_due()
    assert clock.now() - began < timedelta(days=3)
    clock.advance(timedelta(days=2))
    await town.send_due()

    (logged,) = await town.ours.log(endpoint)
    assert logged["status"] == "failed"
    assert [each["status_code"] for each in logged["attempts"]] == [500] * 10
    assert logged["attempts"][0]["answer"] == "out of order"
    assert len({each.webhook_id for each in receiver.received}) == 1
    for each in receiver.received:
        verified(each, endpoint["secret"])


async def test_a_failure_that_mends_is_delivered_and_forgiven(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.status = 502
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.deliver()
    assert (await town.ours.health(endpoint))["failing_since"] is not None
    receiver.status = 200
    clock.advance(timedelta(seconds=5))
    await town.send_due()
    assert [each["status"] for each in await town.ours.log(endpoint)] == ["delivered"]
    assert (await town.ours.health(endpoint))["failing_since"] is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(
    town: Town, receiver: Receiver, status: int
) -> None:
    async with receiving() as elsewhere:
        receiver.status, receiver.headers = status, {"location": elsewhere.url}
        endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
        await town.ours.register()
        await town.deliver()
        assert elsewhere.received == []
    (logged,) = await town.ours.log(endpoint)
    assert (logged["status"], logged["attempts"][0]["status_code"]) == ("pending", status)


async def test_an_endpoint_that_is_gone_is_told_nothing_more(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    async with receiving() as watcher:
        await town.ours.endpoint(watcher.url, "integrations.endpoint.disabled.v1")
        receiver.status = 410
        await town.ours.register()
        await town.deliver()
        shown = await town.ours.show(endpoint)
        assert (shown["status"], shown["disabled_reason"]) == ("disabled", "gone")
        await town.ours.register()
        clock.advance(timedelta(days=1))
        await town.deliver()
        assert len(receiver.received) == 1
        (told,) = watcher.received
        assert json.loads(told.body)["data"] == {"endpoint_id": endpoint["id"], "reason": "gone"}


async def test_an_endpoint_that_fails_for_five_days_is_disabled(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.status = 500
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    for day in range(6):
        assert (await town.ours.show(endpoint))["status"] == "enabled", day
        await town.ours.register()
        await town.deliver()
        clock.advance(timedelta(days=1))
    shown = await town.ours.show(endpoint)
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "failing")
    tried = len(receiver.received)
    await town.ours.register()
    await town.deliver()
    assert len(receiver.received) == tried

    receiver.status = 200
    enabled = await town.ours.change(endpoint, status="enabled")
    assert (enabled["status"], enabled["disabled_reason"]) == ("enabled", None)
    assert (await town.ours.health(endpoint))["failing_since"] is None
    await town.deliver()
    assert len(receiver.received) > tried


@pytest.mark.parametrize(("status", "wish"), [(429, "7200"), (503, "7200")])
async def test_a_receiver_that_asks_to_wait_is_left_in_peace(
    town: Town, receiver: Receiver, clock: ManualClock, status: int, wish: str
) -> None:
    receiver.status, receiver.headers = status, {"retry-after": wish}
    await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.deliver()
    await town.ours.register()
    clock.advance(timedelta(seconds=7199))
    await town.deliver()
    assert len(receiver.received) == 1
    receiver.status = 200
    clock.advance(timedelta(seconds=1))
    await town.deliver()
    assert len(receiver.received) == 3


async def test_nobody_can_ask_to_wait_for_more_than_a_day(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.status, receiver.headers = 503, {"retry-after": "99999999999999"}
    await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.deliver()
    clock.advance(timedelta(days=1))
    await town.deliver()
    assert len(receiver.received) == 2


async def test_a_slow_endpoint_delays_no_other(town: Town, receiver: Receiver) -> None:
    receiver.hold = asyncio.Event()
    await town.ours.endpoint(receiver.url, REGISTERED)
    async with receiving() as other:
        await town.ours.endpoint(other.url, REGISTERED)
        for _ in range(20):
            await town.ours.register()
        await town.queue()
        dispatcher = Dispatcher(town.runtime, WebhookSender(SystemResolver(), allow_private=True))
        async with asyncio.timeout(20):
            while len(other.received) < 20:
                ticket = dispatcher.freed.ticket()
                if not await dispatcher.step():
                    await dispatcher.freed.wait(ticket, 1)
        assert receiver.most_at_once == 4
        receiver.hold.set()
        await dispatcher.run_due()
    assert len(receiver.received) == 20
    assert receiver.most_at_once == 4


async def test_a_dead_endpoint_costs_a_connection_now_and_then_however_much_waits(
    town: Town, receiver: Receiver, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_event, "MOST_WAITING", 30)
    receiver.status = 500
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    for _ in range(50):
        await town.ours.register()
    await town.deliver()
    for _ in range(120):
        clock.advance(timedelta(minutes=1))
        await town.send_due()
    assert len(receiver.received) < 50 + 40
    assert receiver.most_at_once <= 4

    clock.advance(timedelta(seconds=1))
    for _ in range(5):
        await town.ours.register()
    await town.queue()
    assert len(await town.ours.log(endpoint, limit="200")) == 50

    receiver.status = 200
    for _ in range(8):
        clock.advance(timedelta(hours=1))
        await town.send_due()
    replay = {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
    path = f"/webhook-endpoints/{endpoint['id']}/replay"
    replayed = await town.ours.send("POST", path, replay, expect=202)
    assert replayed == {"queued": 5, "complete": True}
    await town.send_due()
    told = {each["status"] for each in await town.ours.log(endpoint, limit="200")}
    assert told == {"delivered"}


async def test_what_waits_too_long_is_given_up(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.queue()
    clock.advance(timedelta(days=3))
    await town.send_due()
    async with town.runtime.begin(SERVICE) as uow:
        assert await tidy_up.give_up(uow) == 1
    assert receiver.received == []
    assert [each["status"] for each in await town.ours.log(endpoint)] == ["failed"]
