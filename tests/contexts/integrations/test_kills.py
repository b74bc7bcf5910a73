"""A process that dies at the worst moment loses nothing."""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from contexts.integrations.conftest import REGISTERED, Town
from contexts.integrations.receiver import Receiver, verified
from fixtures.engines import TestDatabase
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.integrations.usecases import deliver_webhooks
from gymhopper.contexts.integrations.usecases.claim_deliveries import LEASE
from gymhopper.kernel.clock import ManualClock

PROGRAM = Path(__file__).with_name("delivering_process.py")


async def test_killed_between_answer_and_commit_it_is_told_again_under_the_same_id(
    town: Town, receiver: Receiver, database: TestDatabase, clock: ManualClock
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.queue()
    config = {
        "database_url": database.url,
        "folder": str(town.runtime.settings.data_folder),
        "now": clock.now().isoformat(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        PROGRAM,
        json.dumps(config),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ,
    )
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"204\n"
    finally:
        process.kill()
        await process.wait()

    await town.send_due()
    assert len(receiver.received) == 1, "its lease has not ended"
    clock.advance(LEASE)
    await town.send_due()
    first, second = receiver.received
    assert (first.webhook_id, first.body) == (second.webhook_id, second.body)
    verified(second, endpoint["secret"])
    (logged,) = await town.ours.log(endpoint)
    assert logged["status"] == "delivered"
    # What became of the first try, nobody knows.
    assert [each["outcome"] for each in logged["attempts"]] == [None, "answered"]


async def test_an_answer_that_cannot_be_recorded_is_asked_for_again(
    town: Town, receiver: Receiver, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    with monkeypatch.context() as patched:

        async def fail(*_: object) -> None:
            raise OSError("the database is away")

        patched.setattr(deliver_webhooks, "record_attempt", fail)
        await town.deliver()
    clock.advance(LEASE)
    await town.send_due()
    assert len({each.webhook_id for each in receiver.received}) == 1
    assert len(receiver.received) == 2


@pytest.mark.parametrize(("status", "becomes"), [(204, "delivered"), (500, "pending")])
async def test_a_late_failure_of_an_earlier_try_does_not_undo_what_a_later_one_said(
    town: Town, receiver: Receiver, clock: ManualClock, status: int, becomes: str
) -> None:
    """Two processes may send one delivery, when the first took longer than its lease."""
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    await town.ours.register()
    await town.queue()
    held = receiver.hold = asyncio.Event()
    slow = asyncio.create_task(town.send_due())
    async with asyncio.timeout(10):
        await receiver.called.wait()
    clock.advance(LEASE)
    receiver.hold, receiver.status = None, status
    await town.send_due()
    (before,) = await town.ours.log(endpoint)
    clock.advance(timedelta(seconds=1))
    receiver.status = 500
    held.set()
    await slow
    (after,) = await town.ours.log(endpoint)
    assert (after["status"], after["due_at"]) == (becomes, before["due_at"])
    assert [each["status_code"] for each in after["attempts"]] == [500, status]


async def test_a_secret_that_cannot_be_opened_stops_no_other_endpoint(
    town: Town, receiver: Receiver
) -> None:
    broken = await town.ours.endpoint(receiver.url + "/broken", REGISTERED)
    await town.ours.endpoint(receiver.url + "/well", REGISTERED)
    async with town.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            text("UPDATE integrations.endpoint SET secret = 'x' WHERE id = :id"),
            {"id": broken["id"]},
        )
    await town.ours.register()
    await town.deliver()
    assert [each.path for each in receiver.received] == ["/hooks/well"]
