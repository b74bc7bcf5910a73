"""The Kafka transport on a real broker: nothing is lost, nothing done twice, no order broken."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.counting import count_up, effects, new_counters, noting, number, versions
from chassis.killing import cuts, troupe, until
from fixtures.engines import TestDatabase
from fixtures.kafka import RUN
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events.envelope import from_cloudevent
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.kafka import ensure_topics, group_lag
from gymhopper.chassis.transports.kafka_relay import KafkaRelay
from gymhopper.chassis.transports.kafka_subscriber import KafkaSubscriber
from gymhopper.chassis.transports.operations import replay
from gymhopper.kernel.ids import new_id


@pytest.fixture
def prefix() -> str:
    """Topics and groups of a test's own."""
    return f"test-{new_id()}"


@pytest.fixture
async def runtime(
    new_runtime: NewRuntime, counting: TestDatabase, kafka: str, prefix: str
) -> Runtime:
    return await new_runtime(kafka_servers=kafka, kafka_prefix=prefix, kafka_partitions=4)


def noted(url: str) -> int:
    with psycopg.connect(url) as connection:
        (count,) = connection.execute("SELECT count(*) FROM testing.effect").fetchone()
    return count


async def settled(runtime: Runtime, subscriber: str) -> None:
    """Return when the group has committed everything that there is, repeated records too."""
    for _ in range(300):
        if not await group_lag(runtime.settings, subscriber):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{subscriber} has records before it still")


async def count_many(runtime: Runtime, counters: list[UUID], turns: int) -> None:
    for turn in range(turns):
        for counter in counters:
            await count_up(runtime, counter, turn)
    await number(runtime)


async def records(runtime: Runtime) -> list[tuple[int, bytes, bytes]]:
    """Partition, key and value of everything in the topic, in the order of the partitions."""
    settings = runtime.settings
    consumer = AIOKafkaConsumer(
        f"{settings.kafka_prefix}.testing",
        bootstrap_servers=settings.kafka_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    ends = await consumer.end_offsets(list(consumer.assignment()))
    found: list[tuple[int, bytes, bytes]] = []
    while len(found) < sum(ends.values()):
        for got in (await consumer.getmany(timeout_ms=500)).values():
            found += [(each.partition, each.key, each.value) for each in got]
    await consumer.stop()
    return sorted(found, key=lambda each: each[0])


async def test_the_relay_publishes_the_log_once_in_order_with_the_aggregate_as_key(
    runtime: Runtime, counting: TestDatabase
) -> None:
    counters = await new_counters(runtime, 6)
    await count_many(runtime, counters, 5)
    relay, other = KafkaRelay(runtime), KafkaRelay(runtime)
    while await relay.step():
        pass
    assert not await other.step()

    found = await records(runtime)
    assert len(found) == 30
    seen: dict[UUID, list[int]] = {}
    places: dict[UUID, set[int]] = {}
    for partition, key, value in found:
        envelope = from_cloudevent(value)
        assert key == str(envelope.aggregate_id).encode()
        seen.setdefault(envelope.aggregate_id, []).append(envelope.aggregate_version)
        places.setdefault(envelope.aggregate_id, set()).add(partition)
    assert seen == versions(counting.owner_url)
    assert all(len(each) == 1 for each in places.values())
    await relay.stop()
    await other.stop()


async def test_a_new_group_begins_with_the_archive_and_goes_on_from_kafka(
    runtime: Runtime, counting: TestDatabase
) -> None:
    counters = await new_counters(runtime, 4)
    await count_many(runtime, counters, 5)  # never published to anybody
    relay = KafkaRelay(runtime)
    subscriber = KafkaSubscriber(runtime, Delivery("new", noting("new")))
    await subscriber.start()
    await until(lambda: noted(counting.owner_url) == 20)
    await relay.start()
    await count_many(runtime, counters, 5)
    await until(lambda: noted(counting.owner_url) == 40)
    await subscriber.stop()
    await relay.stop()

    assert effects(counting.owner_url, "new") == versions(counting.owner_url)
    assert await group_lag(runtime.settings, "new") == 0


async def test_a_group_that_was_away_goes_on_where_it_stopped(
    runtime: Runtime, counting: TestDatabase
) -> None:
    counters = await new_counters(runtime, 4)
    relay = KafkaRelay(runtime)
    for turn in range(1, 4):
        subscriber = KafkaSubscriber(runtime, Delivery("s", noting("s")))
        await subscriber.start()
        await until(lambda turn=turn: noted(counting.owner_url) == 20 * (turn - 1))
        await count_many(runtime, counters, 5)
        while await relay.step():
            pass
        await until(lambda turn=turn: noted(counting.owner_url) == 20 * turn)
        await subscriber.stop()
    await relay.stop()
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_two_members_share_the_work_and_one_takes_over_when_the_other_leaves(
    runtime: Runtime, counting: TestDatabase
) -> None:
    counters = await new_counters(runtime, 8)
    relay = KafkaRelay(runtime)
    members = [KafkaSubscriber(runtime, Delivery("s", noting("s"))) for _ in range(2)]
    await relay.start()
    for each in members:
        await each.start()
    await count_many(runtime, counters, 10)
    await until(lambda: noted(counting.owner_url) == 80)
    await members[0].stop()
    await count_many(runtime, counters, 10)
    await until(lambda: noted(counting.owner_url) == 160)
    await members[1].stop()
    await relay.stop()
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_a_batch_that_is_published_twice_has_its_effect_once(
    runtime: Runtime, counting: TestDatabase
) -> None:
    counters = await new_counters(runtime, 4)
    relay = KafkaRelay(runtime)
    subscriber = KafkaSubscriber(runtime, Delivery("s", noting("s")))
    await subscriber.start()
    await count_many(runtime, counters, 5)
    for _ in range(3):
        while await relay.step():
            pass
        async with runtime.begin(SERVICE) as uow:
            await uow.connection.exec_driver_sql(
                "UPDATE bus.cursor SET seq = 3 WHERE subscriber = 'relay:kafka'"
            )
    while await relay.step():
        pass
    assert len(await records(runtime)) == 20 + 3 * 17
    await until(lambda: noted(counting.owner_url) >= 20)
    await settled(runtime, "s")
    await subscriber.stop()
    await relay.stop()
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_a_replay_comes_from_the_archive_in_order_while_new_events_come_from_kafka(
    runtime: Runtime, counting: TestDatabase
) -> None:
    counters = await new_counters(runtime, 4)
    url = counting.owner_url
    relay = KafkaRelay(runtime)
    subscriber = KafkaSubscriber(runtime, Delivery("s", noting("s")))
    await subscriber.start()
    await relay.start()
    await count_many(runtime, counters, 5)
    await until(lambda: noted(url) == 20)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM testing.effect")
    assert (await replay(runtime, subscriber="s", after=8)).last == 20
    await count_many(runtime, counters, 2)
    await until(lambda: noted(url) == 20)
    await settled(runtime, "s")
    await subscriber.stop()
    await relay.stop()

    # Four counters went up in turn: the first eight events were versions 1 and 2 of each.
    expected = {each: found[2:] for each, found in versions(url).items()}
    assert effects(url, "s") == expected


async def test_records_that_are_no_events_block_nobody(
    runtime: Runtime, counting: TestDatabase
) -> None:
    counters = await new_counters(runtime, 4)
    relay = KafkaRelay(runtime)
    subscriber = KafkaSubscriber(runtime, Delivery("s", noting("s")))
    await subscriber.start()
    topic = f"{runtime.settings.kafka_prefix}.testing"
    await ensure_topics(runtime.settings, [topic])
    await asyncio.sleep(0)
    stranger = AIOKafkaProducer(bootstrap_servers=runtime.settings.kafka_servers)
    await stranger.start()
    for partition in range(4):
        for value in (b"hello", b"{}", None, b"\xff"):
            await stranger.send_and_wait(topic, value, key=b"k", partition=partition)
    await stranger.stop()
    await count_many(runtime, counters, 5)
    while await relay.step():
        pass
    await until(lambda: noted(counting.owner_url) == 20)
    await subscriber.stop()
    await relay.stop()
    assert effects(counting.owner_url, "s") == versions(counting.owner_url)


async def test_a_broker_that_is_away_is_a_trouble_and_no_loss(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime(kafka_servers="127.0.0.1:1")
    counters = await new_counters(runtime, 1)
    await count_many(runtime, counters, 1)
    relay = KafkaRelay(runtime)
    subscriber = KafkaSubscriber(runtime, Delivery("s", noting("s")))
    for component in (relay, subscriber):
        await component.start()
        await until(lambda component=component: component.trouble() is not None)
        await component.stop()
    with psycopg.connect(counting.owner_url) as connection:
        rows = connection.execute("SELECT seq FROM bus.cursor WHERE seq > 0").fetchall()
    assert rows == []


async def play(
    runtime: Runtime,
    counting: TestDatabase,
    folder: Path,
    *,
    events: int,
    kills: int,
    seed: int,
    spares: int = 0,
) -> None:
    """Writers, relays and consumers as processes; relays and consumers are killed in turn, and
    started again where no spare one is there to take over."""
    counters = await new_counters(runtime, 50)
    url = counting.owner_url
    settings = {
        "kafka_servers": runtime.settings.kafka_servers,
        "kafka_prefix": runtime.settings.kafka_prefix,
        "kafka_partitions": 4,
    }
    with troupe(counting, folder, counters, "far", **settings) as players:
        running = {
            role: [players.start(role) for _ in range(1 + spares)] for role in ("relay", "worker")
        }
        writer = players.start("writer", writers=8, count=events // 40, values=5, seed=seed)
        for turn, amount in enumerate(cuts(seed, events, kills)):
            await until(lambda amount=amount: noted(url) >= amount, seconds=200)
            role = ("relay", "worker")[turn % 2]
            players.kill(running[role].pop())
            if not running[role]:
                running[role].append(players.start(role))
        await players.finish(writer)
        await until(lambda: noted(url) >= events, seconds=200)
        await settled(runtime, "far")

    expected = versions(url)
    assert sum(map(len, expected.values())) == events
    assert effects(url, "far") == expected


async def test_relay_and_consumer_may_be_killed_in_the_middle(
    runtime: Runtime, counting: TestDatabase, tmp_path: Path
) -> None:
    await play(runtime, counting, tmp_path, events=400, kills=2, seed=1, spares=1)


@pytest.mark.prove
@pytest.mark.timeout(600)
async def test_of_ten_thousand_events_none_is_lost_doubled_or_out_of_order(
    runtime: Runtime, counting: TestDatabase, tmp_path: Path
) -> None:
    await play(runtime, counting, tmp_path, events=10_000, kills=4, seed=2)


@pytest.mark.prove
@pytest.mark.timeout(300)
async def test_a_restart_of_the_broker_loses_and_doubles_nothing(
    new_runtime: NewRuntime, counting: TestDatabase, kafka: str, prefix: str, tmp_path: Path
) -> None:
    """A broker of its own; `kafka` is asked for so that a machine without one skips this."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    runtime = await new_runtime(
        kafka_servers=f"127.0.0.1:{port}", kafka_prefix=prefix, kafka_partitions=4
    )
    counters, url = await new_counters(runtime, 8), counting.owner_url
    relay = KafkaRelay(runtime)
    subscriber = KafkaSubscriber(runtime, Delivery("s", noting("s")))
    await relay.start()
    await subscriber.start()
    for turn in range(1, 4):
        broker = await asyncio.to_thread(start_broker, port, tmp_path / "kafka")
        try:
            await count_many(runtime, counters, 10)
            await until(lambda: effects(url, "s") == versions(url), seconds=90)
        finally:
            broker.terminate()
            await asyncio.to_thread(broker.communicate, timeout=60)
        if turn < 3:
            await count_many(runtime, counters, 1)  # while there is no broker
    await subscriber.stop()
    await relay.stop()
    assert effects(url, "s") == versions(url)
    assert noted(url) == 8 * 32


def start_broker(port: int, data: Path) -> subprocess.Popen[str]:
    broker = subprocess.Popen(
        [sys.executable, RUN, "--port", str(port), "--data", data],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert broker.stdout is not None
    assert broker.stdout.readline()
    return broker
