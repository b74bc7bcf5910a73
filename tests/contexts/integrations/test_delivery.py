"""What happens is told, once by its id, to those who asked."""

import asyncio
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from contexts.integrations.conftest import REGISTERED, Town
from contexts.integrations.receiver import Receiver, verified
from gymhopper.kernel.clock import ManualClock


async def test_what_happens_is_told_and_signed_as_the_specification_says(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    member_id = await town.ours.register()
    await town.deliver()

    (received,) = receiver.received
    payload = verified(received, endpoint["secret"])
    assert payload["type"] == REGISTERED
    assert payload["timestamp"] == clock.now().isoformat().replace("+00:00", "Z")
    assert payload["data"]["member_id"] == str(member_id)
    assert received.method == "POST"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["host"] in receiver.url
    (logged,) = await town.ours.log(endpoint)
    assert (logged["status"], logged["due_at"]) == ("delivered", None)
    assert [each["status_code"] for each in logged["attempts"]] == [204]
    shown = await town.ours.send("GET", f"/webhook-deliveries/{logged['id']}")
    assert shown["payload"] == payload


async def test_a_forged_body_is_not_verified(town: Town, receiver: Receiver) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.deliver()
    forged = receiver.received[0].body.replace(b"registered", b"forged")
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint["secret"]).verify(forged, receiver.received[0].headers)


async def test_only_chosen_types_are_told(town: Town, receiver: Receiver) -> None:
    await town.ours.endpoint(receiver.url, "billing.payment.failed.v1")
    await town.ours.register()
    await town.deliver()
    assert receiver.received == []


async def test_an_event_given_twice_is_told_once(town: Town, receiver: Receiver) -> None:
    town.runtime.settings.wired = True
    await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.deliver()
    await town.deliver()
    assert len(receiver.received) == 1


async def test_what_happened_before_the_endpoint_was_made_is_not_told(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    await town.ours.register()
    clock.advance(timedelta(seconds=1))
    await town.ours.endpoint(receiver.url, REGISTERED)
    await town.deliver()
    assert receiver.received == []


async def test_both_secrets_sign_while_one_replaces_the_other(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    path = f"/webhook-endpoints/{endpoint['id']}/secret"
    rotated = await town.ours.send("POST", f"{path}/rotate", {"overlap_hours": 24})
    await town.ours.register()
    await town.deliver()
    for secret in (endpoint["secret"], rotated["secret"]):
        verified(receiver.received[0], secret)
    assert rotated["secret"] != endpoint["secret"]
    assert await town.ours.send("GET", path) == {"secret": rotated["secret"]}

    clock.advance(timedelta(hours=24))
    await town.ours.register()
    await town.deliver()
    verified(receiver.received[1], rotated["secret"])
    with pytest.raises(WebhookVerificationError):
        verified(receiver.received[1], endpoint["secret"])


async def test_a_third_secret_waits_unless_the_others_are_to_end_at_once(
    town: Town, receiver: Receiver
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    path = f"/webhook-endpoints/{endpoint['id']}/secret/rotate"
    await town.ours.send("POST", path, {"overlap_hours": 168})
    refused = await town.ours.send("POST", path, {"overlap_hours": 1}, expect=409)
    assert refused["code"] == "secret_rotation_under_way"
    await town.ours.send("POST", path, {"overlap_hours": 169}, expect=422)
    last = await town.ours.send("POST", path, {"overlap_hours": 0})
    await town.ours.register()
    await town.deliver()
    assert " " not in receiver.received[0].headers["webhook-signature"]
    verified(receiver.received[0], last["secret"])


async def test_two_dispatchers_send_each_delivery_once(town: Town, receiver: Receiver) -> None:
    await town.ours.endpoint(receiver.url, REGISTERED)
    for _ in range(40):
        await town.ours.register()
    await town.queue()
    await asyncio.gather(*(town.send_due() for _ in range(3)))
    assert len({each.webhook_id for each in receiver.received}) == len(receiver.received) == 40


async def test_an_endpoint_deleted_while_it_is_told_leaves_nothing_behind(
    town: Town, receiver: Receiver
) -> None:
    receiver.hold = asyncio.Event()
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.queue()
    sending = asyncio.create_task(town.send_due())
    async with asyncio.timeout(10):
        await receiver.called.wait()
    await town.ours.send("DELETE", f"/webhook-endpoints/{endpoint['id']}", expect=204)
    receiver.hold.set()
    await sending
    await town.ours.send("GET", f"/webhook-endpoints/{endpoint['id']}", expect=404)


async def test_one_receiver_cannot_forge_for_another(town: Town, receiver: Receiver) -> None:
    """A signature over another receiver's id would let one receiver forge for the other."""
    first = await town.ours.endpoint(receiver.url, REGISTERED)
    second = await town.ours.endpoint(receiver.url + "/2", REGISTERED)
    await town.ours.register()
    await town.deliver()
    one, two = sorted(receiver.received, key=lambda each: each.path)
    assert one.webhook_id != two.webhook_id
    assert first["secret"] != second["secret"]
    with pytest.raises(WebhookVerificationError):
        verified(one, second["secret"])
