"""What an operator does with deliveries: look, try again, pass over, play again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports.kafka_subscriber import handover
from gymhopper.kernel.errors import Conflict, InvalidInput, NotFound

log = get_logger(__name__)

_PARKED = text(
    "SELECT subscriber, event_id, seq, envelope->>'type' AS type, aggregate_id, state, attempts,"
    " next_try_at, error FROM bus.parked"
    " WHERE (CAST(:subscriber AS text) IS NULL OR subscriber = :subscriber)"
    " AND (CAST(:event_id AS uuid) IS NULL OR event_id = :event_id)"
    " ORDER BY seq, subscriber LIMIT :limit"
)
_RETRY = text(
    "UPDATE bus.parked SET state = 'retrying', next_try_at = :now"
    " WHERE subscriber = :subscriber AND event_id = :event_id"
)
_SKIP = text("DELETE FROM bus.parked WHERE subscriber = :subscriber AND event_id = :event_id")

_HOLD = text("SELECT seq FROM bus.cursor WHERE subscriber = :reader FOR UPDATE")
_UNPARK = text("DELETE FROM bus.parked WHERE subscriber = :subscriber AND seq > :after")
_FORGET = text(
    "DELETE FROM bus.inbox USING bus.event WHERE inbox.subscriber = :subscriber"
    " AND inbox.event_id = event.id AND event.seq > :after"
)
_SET = text("UPDATE bus.cursor SET seq = :seq WHERE subscriber = :reader")

_READERS = text(
    "SELECT cursor.subscriber AS reader, cursor.seq, sequence.last,"
    " count(*) FILTER (WHERE state = 'retrying') AS retrying,"
    " count(*) FILTER (WHERE state = 'parked') AS parked,"
    " count(*) FILTER (WHERE state = 'waiting') AS waiting"
    " FROM bus.sequence, bus.cursor LEFT JOIN bus.parked USING (subscriber)"
    " GROUP BY cursor.subscriber, cursor.seq, sequence.last ORDER BY cursor.subscriber"
)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A delivery that has failed, or waits behind one that has.

    `state` is `retrying` (again at `next_try_at`), `parked` (after the last try) or `waiting`;
    `error` is the traceback of the last failure.
    """

    subscriber: str
    event_id: UUID
    seq: int
    type: str
    aggregate_id: UUID
    state: str
    attempts: int
    next_try_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What a subscriber will hear again: the events with `after < seq <= last`."""

    subscriber: str
    after: int
    last: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reader of the log has come, and what it has set aside.

    A reader is a subscriber, the relay to Kafka, or `kafka:<subscriber>`, which marks where that
    subscriber went over from the log to Kafka.
    """

    reader: str
    seq: int
    last: int
    retrying: int
    parked: int
    waiting: int

    @property
    def behind(self) -> int:
        """How many events of the log it has not passed."""
        return self.last - self.seq


async def set_aside(
    runtime: Runtime, *, subscriber: str | None = None, limit: int = 100
) -> list[SetAside]:
    """Deliveries that failed or wait, in the order of the log; of one subscriber or of all."""
    async with runtime.read(SERVICE) as connection:
        return await _set_aside(connection, subscriber=subscriber, limit=limit)


async def retry(runtime: Runtime, *, subscriber: str, event_id: UUID) -> SetAside:
    """Have a failed delivery tried now, once; NotFound when it is not there, Conflict when it
    waits behind another one, which must be dealt with first."""
    async with runtime.begin(SERVICE) as uow:
        found = await _one(uow.connection, subscriber, event_id)
        if found.state == "waiting":
            raise Conflict("It waits behind an earlier event of its aggregate: retry that one.")
        values = {"subscriber": subscriber, "event_id": event_id, "now": uow.now}
        await uow.connection.execute(_RETRY, values)
        return await _one(uow.connection, subscriber, event_id)


async def skip(runtime: Runtime, *, subscriber: str, event_id: UUID) -> SetAside:
    """Pass over a delivery for good, so that what waits behind it goes on; NotFound when it is
    not there. The subscriber has never heard of the event then."""
    async with runtime.begin(SERVICE) as uow:
        found = await _one(uow.connection, subscriber, event_id)
        await uow.connection.execute(_SKIP, {"subscriber": subscriber, "event_id": event_id})
    log.warning("delivery_skipped", subscriber=subscriber, event_id=str(event_id), seq=found.seq)
    return found


async def replay(runtime: Runtime, *, subscriber: str, after: int = 0) -> Replay:
    """Have a subscriber hear everything after that place of the log once more.

    Waits for deliveries under way. NotFound for a subscriber that has never listened,
    InvalidInput for a place that it has not reached.
    """
    async with runtime.begin(SERVICE) as uow:
        connection = uow.connection
        reached = (await connection.execute(_HOLD, {"reader": subscriber})).scalar()
        if reached is None:
            raise NotFound(f"No subscriber {subscriber} has read the log.")
        over_kafka = (
            await connection.execute(_HOLD, {"reader": handover(subscriber)})
        ).scalar() is not None
        last = await event_log.last_seq(connection)
        if not 0 <= after <= (last if over_kafka else reached):
            raise InvalidInput(f"{subscriber} has not come to event {after}.", field="after")
        values = {"subscriber": subscriber, "after": after}
        await connection.execute(_UNPARK, values)
        await connection.execute(_FORGET, values)
        await connection.execute(_SET, {"reader": subscriber, "seq": after})
        if over_kafka:
            await connection.execute(_SET, {"reader": handover(subscriber), "seq": last})
    log.warning("replay_begins", subscriber=subscriber, after=after, last=last)
    return Replay(subscriber, after, last)


async def progress(runtime: Runtime) -> list[Progress]:
    """How far every reader of the log has come."""
    async with runtime.read(SERVICE) as connection:
        rows = (await connection.execute(_READERS)).mappings()
        return [Progress(**row) for row in rows]


async def _one(connection: AsyncConnection, subscriber: str, event_id: UUID) -> SetAside:
    found = await _set_aside(connection, subscriber=subscriber, event_id=event_id, limit=1)
    if not found:
        raise NotFound(f"{subscriber} has not set aside an event {event_id}.")
    return found[0]


async def _set_aside(
    connection: AsyncConnection,
    *,
    subscriber: str | None,
    limit: int,
    event_id: UUID | None = None,
) -> list[SetAside]:
    values = {"subscriber": subscriber, "event_id": event_id, "limit": limit}
    rows = await connection.execute(_PARKED, values)
    return [SetAside(**row) for row in rows.mappings()]
