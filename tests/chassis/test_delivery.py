"""Each event is handled once, in order per aggregate, whatever fails on the way."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chassis.counting import (
    Counted,
    Counter,
    Echoed,
    count_up,
    effects,
    new_counters,
    note,
    noting,
    number,
    versions,
)
from chassis.delivering import drain, failing, local, parked, retry_all
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.correlation import correlate, correlation_id
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.transports.delivery import RETRY_DELAYS, Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.kernel.clock import ManualClock


async def test_a_failed_delivery_is_tried_again_later_and_later_and_then_parked(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1)
    await number(runtime)
    subscriber = local(runtime, "stubborn", failing("stubborn", lambda *_: True))
    await drain(subscriber)
    assert parked(counting.owner_url) == [(1, "retrying", 1)]

    for attempts, delay in enumerate(RETRY_DELAYS, start=2):
        clock.advance(delay - timedelta(milliseconds=1))
        assert await retry_all(subscriber) == 0
        clock.advance(timedelta(milliseconds=1))
        assert await retry_all(subscriber) == 1
        state = "parked" if attempts > len(RETRY_DELAYS) else "retrying"
        assert parked(counting.owner_url) == [(1, state, attempts)]

    clock.advance(timedelta(days=365))
    assert await retry_all(subscriber) == 0
    assert effects(counting.owner_url, "stubborn") == {}
    with psycopg.connect(counting.owner_url) as connection:
        (error,) = connection.execute("SELECT error FROM bus.parked").fetchone()
    assert "RuntimeError: not today" in error


async def test_later_events_of_the_aggregate_wait_and_others_flow_on(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    broken, sound = await new_counters(runtime, 2)
    mended = False
    subscriber = local(
        runtime, "s", failing("s", lambda event, _: event.value == 666 and not mended)
    )
    await count_up(runtime, broken, 1, 666, 3)
    await count_up(runtime, sound, 1, 2)
    await number(runtime)
    await drain(subscriber)
    await count_up(runtime, broken, 4)
    await count_up(runtime, sound, 3)
    await number(runtime)
    await drain(subscriber)

    assert effects(counting.owner_url, "s") == {broken: [1], sound: [1, 2, 3]}
    assert parked(counting.owner_url) == [
        (2, "retrying", 1),
        (3, "waiting", 0),
        (6, "waiting", 0),
    ]
    assert await retry_all(subscriber) == 0

    mended = True
    clock.advance(RETRY_DELAYS[0])
    assert await retry_all(subscriber) == 3
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)
    assert parked(counting.owner_url) == []


async def test_a_waiting_event_that_fails_in_its_turn_has_its_own_tries(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    bad = {1, 2}
    subscriber = local(runtime, "s", failing("s", lambda event, _: event.value in bad))
    await count_up(runtime, counter, 1, 2)
    await number(runtime)
    await drain(subscriber)

    bad.remove(1)
    clock.advance(RETRY_DELAYS[0])
    assert await retry_all(subscriber) == 2
    assert parked(counting.owner_url) == [(2, "retrying", 1)]


async def test_one_subscriber_s_failure_is_not_another_s(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2)
    await number(runtime)
    await drain(local(runtime, "broken", failing("broken", lambda *_: True)))
    await drain(local(runtime, "sound", noting("sound")))

    assert effects(counting.owner_url, "sound") == versions(counting.owner_url)


async def test_a_delivery_repeated_changes_nothing(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2, 3)
    await number(runtime)
    async with runtime.read(SERVICE) as connection:
        envelopes = await event_log.read(connection, after=0, last=3, limit=10)
    delivery = Delivery("s", noting("s"))
    twice = [each for envelope in envelopes for each in (envelope, envelope)]
    for batch in (twice[:3], envelopes[:2], twice, envelopes + envelopes, envelopes[1:]):
        async with runtime.begin(SERVICE) as uow:
            await delivery.take(uow, batch)

    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_wired_every_event_comes_twice_and_counts_once(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime(wired=True)
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2, 3)
    await number(runtime)
    await drain(local(runtime, "s", noting("s")))

    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_a_connection_lost_in_the_middle_undoes_effect_inbox_and_cursor_together(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2, 3)
    await number(runtime)
    killed = False
    subscriptions = Subscriptions()

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        nonlocal killed
        await note(uow, "s", envelope)
        if event.value == 2 and not killed:
            killed = True
            await uow.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    subscriber = local(runtime, "s", subscriptions)
    with pytest.raises(OperationalError):
        await subscriber.step()
    assert effects(counting.owner_url, "s") == {}
    with psycopg.connect(counting.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM bus.inbox").fetchone() == (0,)
        assert connection.execute("SELECT seq FROM bus.cursor").fetchall() == []

    await drain(subscriber)
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)
    assert parked(counting.owner_url) == []


async def test_two_readers_of_one_subscriber_never_handle_an_event_twice(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    counters = await new_counters(runtime, 3)
    first, second = (local(runtime, "s", noting("s")) for _ in range(2))

    async def read(subscriber: LocalSubscriber) -> None:
        for _ in range(30):
            await subscriber.step()

    async def write() -> None:
        for turn in range(30):
            await count_up(runtime, counters[turn % 3], turn)
            await number(runtime)

    await asyncio.gather(write(), read(first), read(second))
    await drain(first)
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_two_who_retry_at_once_keep_the_order(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    counters = await new_counters(runtime, 3)
    mended = False
    subscribers = [local(runtime, "s", failing("s", lambda *_: not mended)) for _ in range(3)]
    for counter in counters:
        await count_up(runtime, counter, 1, 2, 3, 4)
    await number(runtime)
    await drain(subscribers[0])
    assert len(parked(counting.owner_url)) == 12

    mended = True
    clock.advance(RETRY_DELAYS[0])
    while parked(counting.owner_url):
        await asyncio.gather(*(each.retry_step() for each in subscribers))
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_what_a_handler_records_names_its_cause_and_keeps_the_correlation(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    counter, echo = await new_counters(runtime, 2)
    heard: list[str] = []
    subscriptions = Subscriptions()

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        heard.append(correlation_id())
        uow.record(await uow.get(Counter, echo), Echoed(), organisation_id=None)

    for request in ("first", "second"):
        correlate(request)
        await count_up(runtime, counter, 1)
    correlate("something else")
    await number(runtime)
    await drain(local(runtime, "s", subscriptions))
    await number(runtime)

    async with runtime.read(SERVICE) as connection:
        causes = await event_log.read(connection, after=0, last=2, limit=10)
        echoes = await event_log.read(connection, after=2, last=4, limit=10)
    assert heard == ["first", "second"]
    assert [(each.correlation_id, each.causation_id) for each in echoes] == [
        (each.correlation_id, each.id) for each in causes
    ]
    assert [each.aggregate_version for each in echoes] == [1, 2]
    assert correlation_id() == "something else"


async def test_events_of_one_batch_that_change_one_aggregate_add_up(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    counter, sum_of_all = await new_counters(runtime, 2)
    subscriptions = Subscriptions()

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        total = await uow.get(Counter, sum_of_all)
        total.total += event.value

    await count_up(runtime, counter, 1, 2, 3, 4)
    await number(runtime)
    await drain(local(runtime, "s", subscriptions))
    async with runtime.begin(SERVICE) as uow:
        assert (await uow.get(Counter, sum_of_all)).total == 10


async def test_a_failed_handler_s_change_to_an_aggregate_is_undone_alone(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    first, second, sum_of_all = await new_counters(runtime, 3)
    subscriptions = Subscriptions()

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        total = await uow.get(Counter, sum_of_all)
        total.total += event.value
        if event.value == 10:
            raise RuntimeError("not this one")

    await count_up(runtime, first, 1, 10)
    await count_up(runtime, second, 100)
    await number(runtime)
    await drain(local(runtime, "s", subscriptions))
    async with runtime.begin(SERVICE) as uow:
        assert (await uow.get(Counter, sum_of_all)).total == 101


async def test_an_event_that_cannot_be_read_is_set_aside_and_blocks_nobody_else(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    odd, sound = await new_counters(runtime, 2)
    await count_up(runtime, odd, 1)
    await count_up(runtime, sound, 1)
    await number(runtime)
    spoil = 'UPDATE bus.event SET data = \'{"value": "much"}\' WHERE aggregate_id = %s'
    with psycopg.connect(counting.superuser_url, autocommit=True) as connection:
        connection.execute(spoil, (odd,))

    subscriber = local(runtime, "s", noting("s"))
    await drain(subscriber)
    clock.advance(RETRY_DELAYS[0])
    assert await retry_all(subscriber) == 1

    assert effects(counting.owner_url, "s") == {sound: [1]}
    assert parked(counting.owner_url) == [(1, "retrying", 2)]
    with psycopg.connect(counting.superuser_url, autocommit=True) as connection:
        connection.execute("UPDATE bus.parked SET envelope['data'] = '{\"value\": 1}'")
    clock.advance(RETRY_DELAYS[1])
    assert await retry_all(subscriber) == 1
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)
