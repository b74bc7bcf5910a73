"""One transaction: what changes, the events that say so, and the work that follows from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.chassis.audit.acts import Act
from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.audit.changes import changed
from gymhopper.chassis.audit.trail import Trail
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.events.log import append
from gymhopper.contracts.event import Event
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id

if TYPE_CHECKING:
    from gymhopper.chassis.jobs import Deferred
    from gymhopper.chassis.runtime import Runtime

T = TypeVar("T")

Collector = Callable[["UnitOfWork", list[Any]], Awaitable[None]]

_SCHEDULE = text(
    "INSERT INTO chassis.timer (name, key, due_at, payload)"
    " VALUES (:name, :key, :due_at, CAST(:payload AS jsonb))"
    " ON CONFLICT (name, key) DO UPDATE"
    " SET due_at = excluded.due_at, payload = excluded.payload, attempts = 0,"
    " next_try_at = NULL, error = NULL"
)
_UNSCHEDULE = text("DELETE FROM chassis.timer WHERE name = :name AND key = :key")


class Aggregate(Protocol):
    """Something with an identity and a count of its own changes."""

    id: UUID
    version: int


class UnitOfWork:
    """What a use case works on: rows, events, jobs and timers of one transaction.

    Its edge (a route, an event loop, a job, a timer) opened it and will commit it; a use case
    never commits. `now` is the instant at which it began and stays the same throughout.
    """

    def __init__(
        self,
        *,
        runtime: Runtime,
        connection: AsyncConnection,
        session: AsyncSession,
        subject: AuthSubject,
        now: datetime,
        trail: Trail,
        cause: Envelope | None = None,
    ) -> None:
        self.runtime = runtime
        self.connection = connection
        self.session = session
        self.subject = subject
        self.now = now
        self.trail = trail
        self.cause = cause
        self.recorded = 0
        self._pending: list[Envelope] = []
        self._collected: dict[Collector, list[Any]] = {}

    async def get(self, kind: type[T], key: UUID) -> T:
        """Load an aggregate and hold its row until the end; NotFound when it is not visible."""
        found = await self.session.get(kind, key, with_for_update=True, populate_existing=True)
        if found is None:
            raise NotFound(f"There is no {kind.__name__.lower()} with this id.")
        return found

    def add(self, aggregate: object) -> None:
        """A new aggregate."""
        self.session.add(aggregate)

    def record(
        self,
        aggregate: Aggregate,
        event: Event,
        *,
        organisation_id: UUID | None,
        by: By | None = None,
    ) -> None:
        """Say that `event` happened to `aggregate`, whose row this transaction holds.

        Counts the aggregate's version up; the event enters the log with the commit. `by` is who
        did it, where the transaction works for several.
        """
        aggregate.version += 1
        self.trail.tell(event.type, aggregate.id, organisation_id, by)
        cause = self.cause
        self._pending.append(
            Envelope(
                id=new_id(),
                type=event.type,
                time=self.now,
                aggregate=event.type.split(".")[1],
                aggregate_id=aggregate.id,
                aggregate_version=aggregate.version,
                organisation_id=organisation_id,
                correlation_id=_correlation(cause, by),
                causation_id=cause.id if cause else None,
                actor=by.actor if by else self.subject.actor,
                data=event,
            )
        )

    async def defer(self, job: str, *, lock: str | None = None, **arguments: object) -> None:
        """Have a job done after the commit; jobs with the same `lock` run one at a time."""
        await self.flush()
        await self.runtime.jobs.defer(self.connection, job, lock, arguments)

    async def defer_many(self, job: str, several: Sequence[Deferred]) -> None:
        """Have a job done several times after the commit, each time with its own lock."""
        await self.flush()
        await self.runtime.jobs.defer_many(self.connection, job, several)

    async def schedule(
        self, timer: str, key: str, due_at: datetime, payload: object = None
    ) -> None:
        """Set the timer (name, key) to ring at `due_at`; setting it again moves it."""
        await self.connection.execute(
            _SCHEDULE,
            {
                "name": timer,
                "key": key,
                "due_at": due_at,
                "payload": msgspec.json.encode(payload if payload is not None else {}).decode(),
            },
        )

    async def unschedule(self, timer: str, key: str) -> None:
        """Take a timer back; nothing happens when there is none."""
        await self.connection.execute(_UNSCHEDULE, {"name": timer, "key": key})

    def collect(self, collector: Collector, item: object) -> None:
        """Have `collector(uow, items)` called once, before the next flush ends, with every item
        that was collected for it: work on many rows becomes one set of statements."""
        self._collected.setdefault(collector, []).append(item)

    def note(
        self,
        kind: str,
        key: UUID,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        organisation_id: UUID | None = None,
        person_id: UUID | None = None,
        by: By | None = None,
    ) -> None:
        """Tell the audit log of a row that was written by SQL, past the session.

        `kind` is the table, `venues.location`; `before` and `after` are of columns that may be
        copied into the log: neither personal data nor secrets. None: there was, or is, no row.
        """
        self.trail.note(
            changed(kind, key, before, after),
            organisation_id=organisation_id,
            person_id=person_id,
            by=by,
        )

    def note_act(self, act: Act) -> None:
        """Have the audit log say that this was done, in an entry of its own, whoever acts here."""
        self.trail.act(act, self.now)

    async def flush(self) -> None:
        """Write everything that has been gathered, without committing."""
        await self.session.flush()
        while self._collected:
            collector = next(iter(self._collected))
            await collector(self, self._collected.pop(collector))
            await self.session.flush()
        if self._pending:
            pending, self._pending = self._pending, []
            self.recorded += len(pending)
            await append(self.connection, pending)

    @asynccontextmanager
    async def attempt(self, cause: Envelope | None = None) -> AsyncIterator[None]:
        """A part that can fail alone: rolled back to its start when it raises, flushed when not."""
        await self.flush()
        before, self.cause = self.cause, cause
        mark = self.trail.mark()
        try:
            async with self.session.begin_nested():
                # The session sets its savepoint only when it takes up the connection.
                await self.session.connection()
                yield
                await self.flush()
        except BaseException:
            self._pending.clear()
            self._collected.clear()
            self.trail.forget(mark)
            raise
        finally:
            self.cause = before


def _correlation(cause: Envelope | None, by: By | None) -> str:
    if by is not None:
        return by.correlation_id
    return cause.correlation_id if cause else correlation_id()
