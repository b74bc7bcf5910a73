"""An operator sees what failed, has it tried again, passes over it, or plays the log again."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chassis.counting import (
    Counted,
    count_up,
    effects,
    new_counters,
    note,
    noting,
    number,
    versions,
)
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.app.commands.events import app
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports import operations
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.chassis.transports.operations import Progress, Replay
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.errors import Conflict, InvalidInput, NotFound
from gymhopper.kernel.ids import new_id


class Picky:
    """A subscriber that cannot bear certain values."""

    def __init__(self, runtime: Runtime, *bad: int) -> None:
        self.bad = set(bad)
        subscriptions = Subscriptions()
        subscriptions.on(Counted)(self._handle)
        self.local = LocalSubscriber(runtime, Delivery("picky", subscriptions))

    async def _handle(self, uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        await note(uow, "picky", envelope)
        if event.value in self.bad:
            raise RuntimeError(f"{event.value} is bad")

    async def work(self) -> None:
        while await self.local.step():
            pass
        while await self.local.retry_step():
            pass


async def test_what_failed_and_what_waits_behind_it_is_listed(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2, 3)
    await number(runtime)
    await Picky(runtime, 2).work()

    first, second = await operations.set_aside(runtime)
    assert (first.subscriber, first.seq, first.state, first.attempts) == ("picky", 2, "retrying", 1)
    assert first.type == Counted.type
    assert first.aggregate_id == counter
    assert first.next_try_at == clock.now() + timedelta(seconds=1)
    assert first.error is not None
    assert first.error.rstrip().endswith("RuntimeError: 2 is bad")
    assert (second.seq, second.state, second.error) == (3, "waiting", None)
    assert await operations.set_aside(runtime, limit=1) == [first]
    assert await operations.set_aside(runtime, subscriber="another") == []
    assert await operations.progress(runtime) == [Progress("picky", 3, 3, 1, 0, 1)]


async def test_a_parked_delivery_is_tried_again_once_when_asked(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2)
    await number(runtime)
    picky = Picky(runtime, 1)
    for _ in range(7):
        await picky.work()
        clock.advance(timedelta(hours=1))
    failed, waiting = await operations.set_aside(runtime)
    assert failed.state == "parked"

    with pytest.raises(Conflict):
        await operations.retry(runtime, subscriber="picky", event_id=waiting.event_id)
    asked = await operations.retry(runtime, subscriber="picky", event_id=failed.event_id)
    assert (asked.state, asked.next_try_at) == ("retrying", clock.now())
    await picky.work()
    assert (await operations.set_aside(runtime))[0].state == "parked"

    picky.bad.clear()
    await operations.retry(runtime, subscriber="picky", event_id=failed.event_id)
    await picky.work()
    assert await operations.set_aside(runtime) == []
    assert effects(counting.owner_url, "picky") == versions(counting.owner_url)


async def test_a_skipped_delivery_is_never_handled_and_the_next_go_on(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2, 3)
    await number(runtime)
    picky = Picky(runtime, 2)
    await picky.work()
    failed = (await operations.set_aside(runtime))[0]
    assert await operations.skip(runtime, subscriber="picky", event_id=failed.event_id) == failed
    picky.bad.clear()
    await picky.work()

    assert effects(counting.owner_url, "picky") == {counter: [1, 3]}
    assert await operations.set_aside(runtime) == []


async def test_what_was_not_set_aside_cannot_be_retried_or_skipped(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    for act in (operations.retry, operations.skip):
        with pytest.raises(NotFound):
            await act(runtime, subscriber="picky", event_id=new_id())


@pytest.mark.parametrize("after", [0, 1, 4])
async def test_a_replay_brings_everything_behind_a_place_once_more(
    new_runtime: NewRuntime, counting: TestDatabase, after: int
) -> None:
    runtime = await new_runtime()
    first, second = await new_counters(runtime, 2)
    await count_up(runtime, first, 1, 2)
    await count_up(runtime, second, 1, 2)
    await number(runtime)
    subscriber = LocalSubscriber(runtime, Delivery("s", noting("s")))
    await subscriber.step()
    assert await operations.replay(runtime, subscriber="s", after=after) == Replay("s", after, 4)
    await count_up(runtime, second, 3)
    await number(runtime)
    await subscriber.step()

    again = [seq for seq in (1, 2) if seq > after]
    later = [seq - 2 for seq in (3, 4) if seq > after]
    assert effects(counting.owner_url, "s") == {first: [1, 2, *again], second: [1, 2, *later, 3]}


async def test_a_replay_gives_a_set_aside_delivery_a_new_start(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2, 3)
    await number(runtime)
    picky = Picky(runtime, 2)
    await picky.work()
    picky.bad.clear()
    await operations.replay(runtime, subscriber="picky", after=1)
    await picky.work()
    assert effects(counting.owner_url, "picky") == {counter: [1, 2, 3]}
    assert await operations.set_aside(runtime) == []


async def test_a_replay_wants_a_known_subscriber_and_a_place_that_it_has_reached(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await LocalSubscriber(runtime, Delivery("s", noting("s"))).step()
    await count_up(runtime, counter, 1)
    await number(runtime)
    with pytest.raises(NotFound):
        await operations.replay(runtime, subscriber="nobody")
    for after in (-1, 1):
        with pytest.raises(InvalidInput):
            await operations.replay(runtime, subscriber="s", after=after)


async def test_the_commands_do_the_same(
    new_runtime: NewRuntime,
    counting: TestDatabase,
    engines: Engines,
    clock: ManualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2)
    await number(runtime)
    await Picky(runtime, 1).work()
    failed = (await operations.set_aside(runtime))[0]
    for name, value in {
        "DATABASE_URL": counting.url,
        "VALKEY_URL": engines.valkey_url,
        "DATA_FOLDER": str(tmp_path),
        "CONTEXTS": "[]",
    }.items():
        monkeypatch.setenv(f"GYMHOPPER_{name}", value)

    async def command(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, [*arguments])
        assert result.exit_code == 0, result.output
        return result.output

    listed = await command("parked")
    assert str(failed.event_id) in listed
    assert "RuntimeError: 1 is bad" in listed
    assert "picky" in await command("lag")
    event = str(failed.event_id)
    assert "tried again by picky" in await command("retry", "picky", event)
    assert "passed over by picky" in await command("skip", "picky", event)
    assert "hears the events 2 to 2 again" in await command("replay", "picky", "--after", "1")
