"""The sending end of the Kafka transport: publishes the log, in its order, at least once."""

import asyncio
from collections import deque
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped] # it has no types
from aiokafka.partitioner import murmur2  # type: ignore[import-untyped] # it has no types

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope, to_cloudevent
from gymhopper.chassis.loop import Loop
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports import cursors
from gymhopper.chassis.transports.kafka import (
    HEADERS,
    METADATA_MAX_AGE_MS,
    ensure_topics,
    stop_client,
    topic_of,
)

READER = "relay:kafka"
BATCH = 2000

# Below what a broker takes by default (1 MiB with all overhead).
_RECORD_BATCH_BYTES = 512 * 1024
_REQUEST_MS = 10_000

Partition = tuple[str, int]


class KafkaRelay:
    """Any number may run; the one that holds the cursor of `READER` publishes.

    The cursor moves when the broker has acknowledged a whole batch of the log. After any failure
    the batch is sent again from its start: records repeat, but the first of each aggregate's
    events never comes after the second, because nothing is sent to a partition before what went
    there earlier is acknowledged, and a record batch is written whole or not at all.
    """

    name = READER

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._settings = runtime.settings
        self._loop = Loop(
            READER, self.step, every=1.0, wake=runtime.signal(event_log.NOTIFY_CHANNEL)
        )
        self._producer: AIOKafkaProducer | None = None
        self._topics: set[str] = set()

    async def start(self) -> None:
        """Begin in the background: a broker that is away makes it not ready, but not fail."""
        await self._loop.start()

    async def stop(self) -> None:
        """Finish the batch under way."""
        await self._loop.stop()
        await self._disconnect()

    def trouble(self) -> str | None:
        """The last error, when it has failed several times in a row."""
        return self._loop.trouble()

    async def step(self) -> bool:
        """Publish the next batch; returns whether more is waiting."""
        async with self._runtime.database.transaction(SERVICE) as connection:
            held = await cursors.claim(connection, READER)
            if held is None or held.last <= held.seq:
                return False
            envelopes = await event_log.read(
                connection, after=held.seq, last=held.last, limit=BATCH
            )
            try:
                await self._publish(envelopes)
            except BaseException:
                # What it still holds must not be sent behind what the next attempt sends.
                await self._disconnect()
                raise
            reached = envelopes[-1].seq or held.last
            await cursors.move(connection, READER, reached)
        return reached < held.last

    async def _publish(self, envelopes: Sequence[Envelope]) -> None:
        producer = self._producer or await self._connect()
        topics = {topic_of(self._settings, each.type) for each in envelopes}
        if not topics <= self._topics:
            await ensure_topics(self._settings, topics - self._topics)
            self._topics |= topics
        partitions = {each: len(await producer.partitions_for(each)) for each in topics}
        waiting: dict[Partition, deque[Envelope]] = {}
        for each in envelopes:
            topic = topic_of(self._settings, each.type)
            place = topic, _partition(_key(each), partitions[topic])
            waiting.setdefault(place, deque()).append(each)
        while waiting:
            await self._send_one_batch_each(producer, waiting)
            waiting = {place: rest for place, rest in waiting.items() if rest}

    async def _send_one_batch_each(
        self, producer: AIOKafkaProducer, waiting: dict[Partition, deque[Envelope]]
    ) -> None:
        """Send as much of each partition's records as fits one record batch, and wait for all."""
        sent = []
        for (topic, partition), envelopes in waiting.items():
            batch = producer.create_batch()
            while envelopes and batch.append(
                timestamp=None,
                key=_key(envelopes[0]),
                value=to_cloudevent(envelopes[0]),
                headers=HEADERS,
            ):
                envelopes.popleft()
            batch.close()
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka_servers,
            client_id=f"{self._settings.kafka_prefix}.relay",
            enable_idempotence=True,
            max_batch_size=_RECORD_BATCH_BYTES,
            request_timeout_ms=_REQUEST_MS,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await stop_client(producer)
            raise
        self._producer = producer
        return producer

    async def _disconnect(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await stop_client(producer)


def _key(envelope: Envelope) -> bytes:
    return str(envelope.aggregate_id).encode()


def _partition(key: bytes, count: int) -> int:
    """As Kafka's own clients choose it."""
    return int(murmur2(key) & 0x7FFFFFFF) % count
