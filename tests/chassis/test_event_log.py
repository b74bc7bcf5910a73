"""The log loses nothing, reorders nothing, and shows nobody what is not theirs."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.counting import (
    Counted,
    Counter,
    count_up,
    effects,
    new_counters,
    noting,
    number,
    versions,
)
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import ANONYMOUS, SERVICE, AuthSubject
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


async def everything(runtime: Runtime, subject: AuthSubject = SERVICE) -> list[Envelope]:
    async with runtime.read(subject) as connection:
        last = await event_log.last_seq(connection)
        return await event_log.read(connection, after=0, last=last, limit=10_000)


async def drain(subscriber: LocalSubscriber) -> None:
    while await subscriber.step():
        pass


async def test_events_are_numbered_without_gaps_in_the_order_of_their_commits(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    for value in range(1, 6):
        await count_up(runtime, counter, value)

    assert await number(runtime, limit=2) == 5

    found = await everything(runtime)
    assert [each.seq for each in found] == [1, 2, 3, 4, 5]
    assert [each.aggregate_version for each in found] == [1, 2, 3, 4, 5]
    assert [each.data for each in found] == [Counted(value=value) for value in range(1, 6)]


async def test_an_event_that_is_not_committed_is_not_numbered(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    first, second = await new_counters(runtime, 2)
    async with runtime.begin(SERVICE) as uow:
        uow.record(await uow.get(Counter, first), Counted(), organisation_id=None)
        await uow.flush()  # takes the lower position, commits last
        await count_up(runtime, second, 1)
        assert await number(runtime) == 1
    assert await number(runtime) == 1

    assert [each.aggregate_id for each in await everything(runtime)] == [second, first]


async def test_a_transaction_that_fails_leaves_no_event(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)

    async def change_my_mind() -> None:
        async with runtime.begin(SERVICE) as uow:
            uow.record(await uow.get(Counter, counter), Counted(), organisation_id=None)
            await uow.flush()
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError):
        await change_my_mind()

    assert await number(runtime) == 0
    assert versions(counting.owner_url) == {}


async def test_one_version_of_an_aggregate_cannot_have_two_events(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    counter_id = new_id()
    for expected in (None, IntegrityError):
        transaction = runtime.begin(SERVICE)
        if expected is None:
            async with transaction as uow:
                uow.record(Counter(counter_id), Counted(), organisation_id=None)
        else:
            with pytest.raises(expected, match="aggregate_id"):
                async with transaction as uow:
                    uow.record(Counter(counter_id), Counted(), organisation_id=None)


async def test_what_was_recorded_before_a_failed_attempt_is_kept(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)

    async def fail(uow: UnitOfWork) -> None:
        async with uow.attempt():
            uow.record(await uow.get(Counter, counter), Counted(value=2), organisation_id=None)
            raise RuntimeError("only this part")

    async with runtime.begin(SERVICE) as uow:
        uow.record(await uow.get(Counter, counter), Counted(value=1), organisation_id=None)
        with pytest.raises(RuntimeError):
            await fail(uow)

    await number(runtime)
    assert [each.data for each in await everything(runtime)] == [Counted(value=1)]
    assert versions(counting.owner_url) == {counter: [1]}


async def test_only_those_who_listen_to_the_context_are_told(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2)
    with psycopg.connect(counting.url, autocommit=True) as listener:
        for channel in ("bus_numbered", "bus_numbered_testing", "bus_numbered_billing"):
            listener.execute(f"LISTEN {channel}")
        async with runtime.database.transaction(SERVICE) as connection:
            numbered = await event_log.number(connection)
        heard = [each.channel for each in listener.notifies(timeout=5, stop_after=2)]
        assert not list(listener.notifies(timeout=0))

    assert numbered == (2, ["bus_numbered", event_log.channel_of("testing")])
    assert sorted(heard) == ["bus_numbered", "bus_numbered_testing"]


async def test_two_sequencers_at_once_give_every_number_once(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    counters = await new_counters(runtime, 4)
    for counter in counters:
        await count_up(runtime, counter, *range(25))

    async def sequence() -> None:
        for _ in range(40):
            async with runtime.database.transaction(SERVICE) as connection:
                await event_log.number(connection, limit=7)

    await asyncio.gather(sequence(), sequence(), sequence())

    assert [each.seq for each in await everything(runtime)] == list(range(1, 101))


async def test_eight_writers_on_shared_counters_break_no_order(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime(pool_size=12)
    counters = await new_counters(runtime, 3)
    writing = True

    async def write(start: int) -> None:
        for turn in range(40):
            await count_up(runtime, counters[(start + turn) % len(counters)], turn)

    async def sequence() -> None:
        while writing:
            await number(runtime, limit=5)

    subscriber = LocalSubscriber(runtime, Delivery("listener", noting("listener")))

    async def listen() -> None:
        while writing:
            await subscriber.step()

    background = [asyncio.create_task(sequence()), asyncio.create_task(listen())]
    await asyncio.gather(*(write(start) for start in range(8)))
    writing = False
    await asyncio.gather(*background)
    await number(runtime)
    await drain(subscriber)

    expected = versions(counting.owner_url)
    assert sum(map(len, expected.values())) == 320
    assert effects(counting.owner_url, "listener") == expected


async def test_a_new_subscriber_hears_everything_from_the_start(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    counters = await new_counters(runtime, 5)
    for counter in counters:
        await count_up(runtime, counter, *range(90))
    await number(runtime)

    await drain(LocalSubscriber(runtime, Delivery("late", noting("late"))))

    expected = versions(counting.owner_url)
    assert sum(map(len, expected.values())) == 450
    assert effects(counting.owner_url, "late") == expected


async def test_a_subscriber_passes_over_what_it_does_not_listen_to(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1, 2)
    await number(runtime)

    await drain(LocalSubscriber(runtime, Delivery("deaf", Subscriptions())))

    with psycopg.connect(counting.owner_url) as connection:
        assert connection.execute("SELECT subscriber, seq FROM bus.cursor").fetchall() == [
            ("deaf", 2)
        ]
        assert connection.execute("SELECT count(*) FROM bus.inbox").fetchone() == (0,)


async def test_an_organisation_sees_only_its_own_events(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    mine, theirs = new_id(), new_id()
    first, second = await new_counters(runtime, 2)
    await count_up(runtime, first, 1, organisation_id=mine)
    await count_up(runtime, second, 1, organisation_id=theirs)
    await number(runtime)

    staff = AuthSubject(kind="staff", id=new_id(), organisation_id=mine)
    assert [each.aggregate_id for each in await everything(runtime, staff)] == [first]
    assert await everything(runtime, ANONYMOUS) == []
    async with runtime.database.engine.connect() as unbound:
        assert (await unbound.execute(text("SELECT count(*) FROM bus.event"))).scalar() == 0


async def test_an_event_remembers_who_caused_it_and_which_request(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    staff = AuthSubject(kind="staff", id=new_id(), everywhere=True)
    (counter,) = await new_counters(runtime, 1)
    async with runtime.begin(staff) as uow:
        uow.record(await uow.get(Counter, counter), Counted(), organisation_id=None)
        now = uow.now
    await number(runtime)

    (found,) = await everything(runtime)
    assert found.actor == staff.actor
    assert found.time == now
    assert (found.type, found.aggregate) == ("testing.counter.counted.v1", "counter")
    assert found.causation_id is None
    assert found.correlation_id


async def test_an_event_far_from_now_finds_a_partition(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    async with runtime.database.transaction(SERVICE) as connection:
        await event_log.ensure_partitions(connection, runtime.clock.now())
        await event_log.ensure_partitions(connection, runtime.clock.now())
    (counter,) = await new_counters(runtime, 1)
    await count_up(runtime, counter, 1)

    with psycopg.connect(counting.owner_url) as connection:
        (home,) = connection.execute("SELECT tableoid::regclass::text FROM bus.event").fetchone()
    assert home == f"bus.event_{runtime.clock.now():%Y_%m}"


async def test_partitions_may_be_made_by_several_at_once_while_others_write(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime(pool_size=12)
    counters = await new_counters(runtime, 6)

    async def ensure() -> None:
        async with runtime.database.transaction(SERVICE) as connection:
            await event_log.ensure_partitions(connection, clock.now(), months=2)

    for _ in range(6):
        clock.advance(timedelta(days=31))
        await asyncio.gather(
            *(count_up(runtime, each, 1, 2) for each in counters),
            *(ensure() for _ in range(3)),
            *(count_up(runtime, each, 3) for each in counters),
        )
    assert await number(runtime) == 6 * 18
