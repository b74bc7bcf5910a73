"""The receiving end of the Kafka transport: one member of a context's consumer group."""

import asyncio

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition  # type: ignore[import-untyped] # it has no types
from aiokafka.errors import (  # type: ignore[import-untyped] # it has no types
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope, from_cloudevent
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.loop import Loop
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports import cursors
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.kafka import (
    METADATA_MAX_AGE_MS,
    ensure_topics,
    group_of,
    stop_client,
    topic_of,
)
from gymhopper.chassis.transports.local import LocalSubscriber

log = get_logger(__name__)

BATCH = 500

_POLL_MS = 500
_SESSION_MS = 10_000
# Reading years of archive may take long; the heartbeat tells whether the process lives.
_LONGEST_TURN_MS = 3_600_000

_HAND_OVER = text(
    "INSERT INTO bus.cursor (subscriber, seq) VALUES (:reader, :seq)"
    " ON CONFLICT (subscriber) DO UPDATE SET seq = greatest(bus.cursor.seq, excluded.seq)"
)
# The shared lock makes a replay wait for deliveries under way, and later deliveries see it.
_REPLAYING = text(
    "SELECT handover.seq FROM bus.cursor AS archive"
    " JOIN bus.cursor AS handover ON handover.subscriber = :handover"
    " WHERE archive.subscriber = :subscriber AND archive.seq < handover.seq"
)
_SHARE = text("SELECT 1 FROM bus.cursor WHERE subscriber = :subscriber FOR SHARE")

Records = dict[TopicPartition, list[ConsumerRecord]]


def handover(subscriber: str) -> str:
    """Names the cursor up to which the archive serves the subscriber, and Kafka from there on."""
    return f"kafka:{subscriber}"


class KafkaSubscriber:
    """Handles what its partitions bring, and commits their offsets after the transaction.

    Whenever Kafka cannot say where the group was (it is new, or was away for longer than records
    are kept), and when a replay is asked for, the archive in the database serves first. What comes
    twice on the way from one to the other is stopped by the inbox, in the order of both: each
    source passes an aggregate's events in order, and takes none before those that came earlier
    are committed, by itself or by the other.
    """

    def __init__(self, runtime: Runtime, delivery: Delivery) -> None:
        self.name = f"events:{delivery.subscriber}"
        self._runtime = runtime
        self._settings = runtime.settings
        self._delivery = delivery
        self._archive = LocalSubscriber(runtime, delivery)
        self._loop = Loop(self.name, self.step, every=0.1)
        self._consumer: AIOKafkaConsumer | None = None
        self._taken_next: Records = {}

    async def start(self) -> None:
        """Begin in the background: a broker that is away makes it not ready, but not fail."""
        await self._loop.start()

    async def stop(self) -> None:
        """Finish the batch under way and leave the group."""
        await self._loop.stop()
        await self._disconnect()

    def trouble(self) -> str | None:
        """The last error, when it has failed several times in a row."""
        return self._loop.trouble()

    async def step(self) -> bool:
        """Wait for records for a moment and handle them; returns whether there were any."""
        try:
            consumer = self._consumer or await self._connect()
            if not self._taken_next:
                self._taken_next = await self._poll(consumer)
            records = self._taken_next
            if not records:
                return True
            # Raises only when the database is away: the records stay for the next step.
            await self._take(records)
            self._taken_next = {}
            await self._commit(consumer, records)
        except KafkaError:
            await self._disconnect()
            raise
        return True

    async def _poll(self, consumer: AIOKafkaConsumer) -> Records:
        try:
            found: Records = await consumer.getmany(timeout_ms=_POLL_MS, max_records=BATCH)
        except (NoOffsetForPartitionError, OffsetOutOfRangeError):
            await self._begin_with_the_archive(consumer)
            return {}
        return found

    async def _begin_with_the_archive(self, consumer: AIOKafkaConsumer) -> None:
        """Handle everything that may be missing from Kafka, then go on there from its present end.

        The ends are noted first: a record before them was in the log by then.
        """
        assigned = list(consumer.assignment())
        begins = await consumer.beginning_offsets(assigned)
        ends = await consumer.end_offsets(assigned)
        unknown = {}
        for each in assigned:
            committed = await consumer.committed(each)
            if committed is None or not begins[each] <= committed <= ends[each]:
                unknown[each] = ends[each]
        async with self._runtime.read(SERVICE) as connection:
            last = await event_log.last_seq(connection)
        log.info("archive_first", subscriber=self._delivery.subscriber, last=last)
        await self._read_archive(last)
        async with self._runtime.begin(SERVICE) as uow:
            values = {"reader": handover(self._delivery.subscriber), "seq": last}
            await uow.connection.execute(_HAND_OVER, values)
        for partition, offset in unknown.items():
            consumer.seek(partition, offset)
        if unknown:
            await consumer.commit(unknown)

    async def _read_archive(self, last: int) -> None:
        """Return when the subscriber, in this process or another one, has passed `last`."""
        while True:
            more = await self._archive.step()
            async with self._runtime.read(SERVICE) as connection:
                if await cursors.position(connection, self._delivery.subscriber) >= last:
                    return
            if not more:
                await asyncio.sleep(0.05)

    async def _take(self, records: Records) -> None:
        envelopes = _readable(records)
        while True:
            async with self._runtime.begin(SERVICE) as uow:
                last = await self._replaying_to(uow.connection)
                if last is None:
                    await self._delivery.take(uow, envelopes)
                    return
            await self._read_archive(last)

    async def _replaying_to(self, connection: AsyncConnection) -> int | None:
        subscriber = self._delivery.subscriber
        await connection.execute(_SHARE, {"subscriber": subscriber})
        values = {"subscriber": subscriber, "handover": handover(subscriber)}
        last: int | None = (await connection.execute(_REPLAYING, values)).scalar()
        return last

    async def _commit(self, consumer: AIOKafkaConsumer, records: Records) -> None:
        try:
            await consumer.commit({each: got[-1].offset + 1 for each, got in records.items()})
        except IllegalStateError:
            # Partitions went to another member meanwhile, who gets these records once more.
            log.info("offsets_not_committed", subscriber=self._delivery.subscriber)

    async def _connect(self) -> AIOKafkaConsumer:
        topics = {topic_of(self._settings, each) for each in self._delivery.types}
        await ensure_topics(self._settings, topics)
        consumer = AIOKafkaConsumer(
            *sorted(topics),
            bootstrap_servers=self._settings.kafka_servers,
            client_id=self.name,
            group_id=group_of(self._settings, self._delivery.subscriber),
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_SESSION_MS // 4,
            max_poll_interval_ms=_LONGEST_TURN_MS,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )
        try:
            await consumer.start()
        except BaseException:
            await stop_client(consumer)
            raise
        self._consumer = consumer
        return consumer

    async def _disconnect(self) -> None:
        consumer, self._consumer, self._taken_next = self._consumer, None, {}
        if consumer is not None:
            await stop_client(consumer)


def _readable(records: Records) -> list[Envelope]:
    """The events of all partitions in the order of the log, without records that are none."""
    envelopes = []
    for partition, got in records.items():
        for record in got:
            try:
                envelopes.append(from_cloudevent(record.value))
            except (msgspec.DecodeError, TypeError):
                log.exception(
                    "record_is_no_event",
                    topic=partition.topic,
                    partition=partition.partition,
                    offset=record.offset,
                )
    return sorted(envelopes, key=lambda each: each.seq or 0)
