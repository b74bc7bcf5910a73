"""The log, and sending again."""

from datetime import timedelta

import pytest

from contexts.integrations.conftest import REGISTERED, Town
from contexts.integrations.receiver import Receiver, verified
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.integrations.usecases import replay_webhooks, tidy_up
from gymhopper.kernel.clock import ManualClock


async def test_the_log_is_kept_for_thirty_days(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.deliver()
    clock.advance(timedelta(days=30))
    async with town.runtime.begin(SERVICE) as uow:
        assert await tidy_up.forget_old(uow) == 0
    assert len(await town.ours.log(endpoint)) == 1
    clock.advance(timedelta(seconds=1))
    async with town.runtime.begin(SERVICE) as uow:
        assert await tidy_up.forget_old(uow) == 1
    assert await town.ours.log(endpoint) == []


async def test_a_replay_comes_under_the_same_webhook_id(town: Town, receiver: Receiver) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.deliver()
    (logged,) = await town.ours.log(endpoint)
    replayed = await town.ours.send(
        "POST", f"/webhook-deliveries/{logged['id']}/replay", expect=202
    )
    assert replayed["status"] == "pending"
    await town.send_due()
    assert [each.webhook_id for each in receiver.received] == [logged["webhook_id"]] * 2
    assert receiver.received[0].body == receiver.received[1].body
    (logged,) = await town.ours.log(endpoint)
    assert [each["number"] for each in logged["attempts"]] == [1, 2]


async def test_what_a_disabled_endpoint_missed_is_replayed_in_parts(
    town: Town, receiver: Receiver, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_webhooks, "MOST_AT_ONCE", 2)
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.change(endpoint, status="disabled")
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        await town.ours.register()
    await town.deliver()
    path = f"/webhook-endpoints/{endpoint['id']}/replay"
    stretch = {"from": "2026-03-02T09:00:00Z", "until": "2026-03-02T09:03:00Z"}
    refused = await town.ours.send("POST", path, stretch, expect=409)
    assert refused["code"] == "webhook_endpoint_disabled"
    await town.ours.change(endpoint, status="enabled")
    assert receiver.received == []

    whole = {"from": "2026-03-02T09:00:00Z", "until": "2026-03-02T10:00:00Z"}
    assert await town.ours.send("POST", path, whole, expect=202) == {
        "queued": 2,
        "complete": False,
    }
    await town.send_due()
    # The third happened at 09:03, which `until` leaves out.
    again = await town.ours.send("POST", path, stretch, expect=202)
    assert again == {"queued": 0, "complete": True}
    last = await town.ours.send("POST", path, whole, expect=202)
    assert last == {"queued": 1, "complete": True}
    await town.send_due()
    assert len({each.webhook_id for each in receiver.received}) == 3
    backwards = {"from": stretch["until"], "until": stretch["from"]}
    await town.ours.send("POST", path, backwards, expect=422)


async def test_a_test_is_sent_at_once_also_to_a_disabled_endpoint(
    town: Town, receiver: Receiver
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.change(endpoint, status="disabled")
    path = f"/webhook-endpoints/{endpoint['id']}/test"
    sent = await town.ours.send("POST", path)
    assert sent["status"] == "delivered"
    assert verified(receiver.received[0], endpoint["secret"])["type"] == "ping"

    receiver.status = 410
    failed = await town.ours.send("POST", path)
    assert (failed["status"], failed["attempts"][0]["status_code"]) == ("failed", 410)
    assert (await town.ours.show(endpoint))["disabled_reason"] == "by_hand"
    assert (await town.ours.health(endpoint))["failures"] == 0
    await town.send_due()
    assert len(receiver.received) == 2
