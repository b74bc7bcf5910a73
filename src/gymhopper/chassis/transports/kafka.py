"""What both ends of the Kafka transport agree on: names, topics, and the form of a record.

Topics are `<prefix>.<context>`, a record's key is its aggregate, its value a structured CloudEvent
(CloudEvents 1.0, Kafka protocol binding). Consumer groups are `<prefix>.<subscribing context>`.
"""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition  # type: ignore[import-untyped] # it has no types
from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-untyped] # it has no types
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code  # type: ignore[import-untyped] # it has no types

from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.settings import Settings
from gymhopper.contracts.event import context_of

log = get_logger(__name__)

HEADERS = [("content-type", b"application/cloudevents+json; charset=UTF-8")]

METADATA_MAX_AGE_MS = 30_000

_TOPIC_TRIES = 100
_STOP_SECONDS = 10.0


def topic_of(settings: Settings, event_type: str) -> str:
    """The topic that carries the events of a type."""
    return f"{settings.kafka_prefix}.{context_of(event_type)}"


def group_of(settings: Settings, subscriber: str) -> str:
    """The consumer group of a subscribing context."""
    return f"{settings.kafka_prefix}.{subscriber}"


async def ensure_topics(settings: Settings, topics: Iterable[str]) -> None:
    """Make the topics that are missing; KafkaError when the cluster does not have them in time."""
    wanted = sorted(topics)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_servers)
    await admin.start()
    try:
        answer = await admin.create_topics(
            [
                # The cluster's own default replication: -1, which the client takes only like this.
                NewTopic(name, settings.kafka_partitions, -1, replica_assignments={})
                for name in wanted
            ]
        )
        for name, code, *_ in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"topic {name}")
        for _ in range(_TOPIC_TRIES):
            if not any(each["error_code"] for each in await admin.describe_topics(wanted)):
                return
            await asyncio.sleep(0.1)
        raise KafkaError(f"the topics {wanted} do not appear")
    finally:
        await admin.close()


async def stop_client(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stop a client in whatever state its cluster is; its own stop may fail, cancel or hang."""
    stopping = asyncio.create_task(client.stop())
    _, unfinished = await asyncio.wait({stopping}, timeout=_STOP_SECONDS)
    if unfinished:
        stopping.cancel()
        await asyncio.wait({stopping})
    if not stopping.cancelled() and (error := stopping.exception()) is not None:
        log.warning("kafka_client_failed_to_stop", error=f"{type(error).__name__}: {error}")


async def group_lag(settings: Settings, subscriber: str) -> int:
    """How many records the subscriber's consumer group has still before it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_servers, group_id=None)
    await admin.start()
    try:
        await consumer.start()
        committed: dict[TopicPartition, int] = {
            partition: each.offset
            for partition, each in (
                await admin.list_consumer_group_offsets(group_of(settings, subscriber))
            ).items()
            if each.offset >= 0
        }
        ends = await consumer.end_offsets(list(committed)) if committed else {}
        return sum(ends[each] - offset for each, offset in committed.items())
    finally:
        await stop_client(consumer)
        await admin.close()
