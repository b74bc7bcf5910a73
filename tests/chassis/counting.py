"""A context for the log's own tests: counters that are counted up, and subscribers that note it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import registry

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope, event_types
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id

SQL = """
CREATE SCHEMA testing;
CREATE TABLE testing.counter (id uuid PRIMARY KEY, version integer NOT NULL, total bigint NOT NULL);
CREATE TABLE testing.effect (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscriber text NOT NULL,
    event_id uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    version integer NOT NULL
);
GRANT USAGE ON SCHEMA testing TO gymhopper_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA testing TO gymhopper_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA testing TO gymhopper_app;
"""


class Counted(Event, frozen=True, kw_only=True):
    """A counter went up by `value`."""

    type: ClassVar[str] = "testing.counter.counted.v1"
    value: int = 1


class Echoed(Event, frozen=True, kw_only=True):
    """Somebody heard of a count."""

    type: ClassVar[str] = "testing.counter.echoed.v1"


# Whoever asked before these were there did not hear of them.
event_types.cache_clear()


@dataclass(eq=False)
class Counter:
    id: UUID
    version: int = 0
    total: int = 0


COUNTER = sa.Table(
    "counter",
    sa.MetaData(schema="testing"),
    sa.Column("id", postgresql.UUID(as_uuid=True), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
)
registry().map_imperatively(Counter, COUNTER)

_EFFECT = sa.text(
    "INSERT INTO testing.effect (subscriber, event_id, aggregate_id, version)"
    " VALUES (:subscriber, :event_id, :aggregate_id, :version)"
)


def create_tables(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(SQL)


async def new_counters(runtime: Runtime, count: int) -> list[UUID]:
    counters = [Counter(new_id()) for _ in range(count)]
    async with runtime.begin(SERVICE) as uow:
        for each in counters:
            uow.add(each)
    return [each.id for each in counters]


async def count_up(
    runtime: Runtime, counter_id: UUID, *values: int, organisation_id: UUID | None = None
) -> None:
    async with runtime.begin(SERVICE) as uow:
        counter = await uow.get(Counter, counter_id)
        for value in values:
            counter.total += value
            uow.record(counter, Counted(value=value), organisation_id=organisation_id)


async def number(runtime: Runtime, *, limit: int = 5000) -> int:
    """Number everything that is committed."""
    total = 0
    while True:
        async with runtime.database.transaction(SERVICE) as connection:
            count = (await event_log.number(connection, limit=limit)).events
        if not count:
            return total
        total += count


async def note(uow: UnitOfWork, subscriber: str, envelope: Envelope) -> None:
    """An effect that can be counted afterwards, in the delivery's own transaction."""
    await uow.connection.execute(
        _EFFECT,
        {
            "subscriber": subscriber,
            "event_id": envelope.id,
            "aggregate_id": envelope.aggregate_id,
            "version": envelope.aggregate_version,
        },
    )


def noting(subscriber: str) -> Subscriptions:
    """Subscriptions that note each count."""
    subscriptions = Subscriptions()

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        await note(uow, subscriber, envelope)

    return subscriptions


def effects(url: str, subscriber: str) -> dict[UUID, list[int]]:
    """The versions that were noted of each counter, in the order of their effects."""
    found: dict[UUID, list[int]] = {}
    with psycopg.connect(url) as connection:
        for aggregate_id, version in connection.execute(
            "SELECT aggregate_id, version FROM testing.effect WHERE subscriber = %s ORDER BY place",
            (subscriber,),
        ):
            found.setdefault(aggregate_id, []).append(version)
    return found


def versions(url: str) -> dict[UUID, list[int]]:
    """What a subscriber that missed nothing has noted: 1 to its version, for each counter."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT id, version FROM testing.counter").fetchall()
    return {counter: list(range(1, version + 1)) for counter, version in rows if version}
