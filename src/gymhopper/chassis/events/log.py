"""The event log: append, number, read.

Writers append inside their own transaction; one sequencer numbers what was committed. Numbers are
given serially, so a reader that asks for `seq > cursor` never misses an event that becomes visible
late, and sees each aggregate's events in the order of its versions.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.events.envelope import Envelope, encode_payload, read_payload

NOTIFY_CHANNEL = "bus_numbered"

# One statement for however many; they get their positions in the order in which they were recorded.
_APPEND = text(
    "INSERT INTO bus.event (id, type, recorded_at, aggregate, aggregate_id, aggregate_version,"
    " organisation_id, correlation_id, causation_id, actor, data)"
    " SELECT id, type, time, aggregate, aggregate_id, aggregate_version, organisation_id,"
    " correlation_id, causation_id, actor, CAST(data AS jsonb) FROM unnest("
    "CAST(:id AS uuid[]), CAST(:type AS text[]), CAST(:time AS timestamptz[]),"
    " CAST(:aggregate AS text[]), CAST(:aggregate_id AS uuid[]),"
    " CAST(:aggregate_version AS integer[]), CAST(:organisation_id AS uuid[]),"
    " CAST(:correlation_id AS text[]), CAST(:causation_id AS uuid[]), CAST(:actor AS text[]),"
    " CAST(:data AS text[])) WITH ORDINALITY AS e (id, type, time, aggregate, aggregate_id,"
    " aggregate_version, organisation_id, correlation_id, causation_id, actor, data, nth)"
    " ORDER BY nth"
)
_PLAIN = (
    "id", "type", "time", "aggregate", "aggregate_id", "aggregate_version", "organisation_id",
    "correlation_id", "causation_id", "actor",
)  # fmt: skip
_WAITING = text("SELECT bus.is_waiting()")
_LOCK_SEQUENCE = text("SELECT last FROM bus.sequence FOR UPDATE SKIP LOCKED")
_NUMBER = text(
    "WITH pending AS ("
    "  SELECT position, recorded_at, row_number() OVER (ORDER BY position) AS n"
    "  FROM bus.event WHERE seq IS NULL ORDER BY position LIMIT :limit),"
    " numbered AS (UPDATE bus.event AS e SET seq = :last + pending.n FROM pending"
    " WHERE e.position = pending.position AND e.recorded_at = pending.recorded_at AND e.seq IS NULL"
    " RETURNING split_part(e.type, '.', 1) AS context)"
    " SELECT count(*), array_agg(DISTINCT context) FROM numbered"
)
_ADVANCE = text("UPDATE bus.sequence SET last = :last")
_NOTIFY = text("SELECT pg_notify(channel, '') FROM unnest(CAST(:channels AS text[])) AS channel")
_LAST = text("SELECT last FROM bus.sequence")
_READ = text(
    "SELECT id, type, recorded_at, aggregate, aggregate_id, aggregate_version, organisation_id,"
    " correlation_id, causation_id, actor, CAST(data AS text) AS data, seq FROM bus.event"
    " WHERE seq > :after AND seq <= :last AND type = ANY(:types) ORDER BY seq LIMIT :limit"
)
_READ_ALL = text(
    "SELECT id, type, recorded_at, aggregate, aggregate_id, aggregate_version, organisation_id,"
    " correlation_id, causation_id, actor, CAST(data AS text) AS data, seq FROM bus.event"
    " WHERE seq > :after AND seq <= :last ORDER BY seq LIMIT :limit"
)
_ENSURE_PARTITIONS = text("SELECT bus.ensure_partitions(CAST(:day AS date), :months)")


async def append(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Write events in the transaction of the change that they tell of."""
    await connection.execute(
        _APPEND,
        {
            **{name: [getattr(each, name) for each in envelopes] for name in _PLAIN},
            "data": [encode_payload(each.data).decode() for each in envelopes],
        },
    )


def channel_of(context: str) -> str:
    """On which it is told that events of the context were numbered."""
    return f"{NOTIFY_CHANNEL}_{context}"


async def is_waiting(connection: AsyncConnection) -> bool:
    """Whether a committed event has no number yet."""
    return bool((await connection.execute(_WAITING)).scalar_one())


class Numbered(NamedTuple):
    """How many events were numbered, and the channels on which that was told."""

    events: int
    channels: list[str]


async def number(connection: AsyncConnection, *, limit: int = 5000) -> Numbered:
    """Number committed events that have none yet, and tell those who listen.

    Nothing is done while another sequencer is at work.
    """
    last = (await connection.execute(_LOCK_SEQUENCE)).scalar()
    if last is None:
        return Numbered(0, [])
    count, contexts = (await connection.execute(_NUMBER, {"last": last, "limit": limit})).one()
    if not count:
        return Numbered(0, [])
    channels = [NOTIFY_CHANNEL, *map(channel_of, contexts)]
    await connection.execute(_ADVANCE, {"last": last + count})
    await connection.execute(_NOTIFY, {"channels": channels})
    return Numbered(count, channels)


async def last_seq(connection: AsyncConnection) -> int:
    """The highest number given so far; every event up to it is visible."""
    return int((await connection.execute(_LAST)).scalar_one())


async def read(
    connection: AsyncConnection,
    *,
    after: int,
    last: int,
    limit: int,
    types: Sequence[str] | None = None,
) -> list[Envelope]:
    """Events with `after < seq <= last` in order, of the given types or of all."""
    values: dict[str, Any] = {"after": after, "last": last, "limit": limit}
    if types is None:
        rows = await connection.execute(_READ_ALL, values)
    else:
        rows = await connection.execute(_READ, {**values, "types": list(types)})
    return [envelope_of(row) for row in rows]


def envelope_of(row: Row[Any]) -> Envelope:
    """A row of the log as an envelope."""
    return Envelope(
        id=row.id,
        type=row.type,
        time=row.recorded_at,
        aggregate=row.aggregate,
        aggregate_id=row.aggregate_id,
        aggregate_version=row.aggregate_version,
        organisation_id=row.organisation_id,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        actor=row.actor,
        data=read_payload(row.type, row.data.encode()),
        seq=row.seq,
    )


async def ensure_partitions(connection: AsyncConnection, now: datetime, months: int = 3) -> None:
    """Have a partition for this month and the following ones."""
    await connection.execute(_ENSURE_PARTITIONS, {"day": now.date(), "months": months})
