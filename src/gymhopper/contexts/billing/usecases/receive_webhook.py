"""Keep a provider's webhooks and have them applied: one row and one job each, in one transaction.

Those that arrive together share a transaction: while one is on its way to the database, the next
ones gather. Each is answered when the transaction that holds it is committed. Events of a type that
has no effect here are kept as ignored and need no job.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.jobs import Deferred
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.notification import Notification
from gymhopper.kernel.ids import new_id

APPLY = "billing.apply_webhook"

NOT_FOLLOWED = "events of this type have no effect here"

STUCK_AFTER = timedelta(minutes=5)
"""An event that is not finished by then has lost its job, and a sweep gives it a new one."""

_KEEP = text(
    "INSERT INTO billing.webhook_event (id, source, event_id, type, api_version, account, about,"
    " subject, body, state, attempts, note, received_at, due_at, handled_at)"
    " SELECT id, source, event_id, type, api_version, account, about, subject, body,"
    "  CASE WHEN subject IS NULL THEN 'ignored' ELSE 'received' END, 0,"
    "  CASE WHEN subject IS NULL THEN CAST(:note AS text) END, :now, :due_at,"
    "  CASE WHEN subject IS NULL THEN CAST(:now AS timestamptz) END"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:sources AS text[]), CAST(:event_ids AS text[]),"
    "  CAST(:types AS text[]), CAST(:api_versions AS text[]), CAST(:accounts AS text[]),"
    "  CAST(:about AS text[]), CAST(:subjects AS text[]), CAST(:bodies AS bytea[]))"
    "  AS t (id, source, event_id, type, api_version, account, about, subject, body)"
    " ON CONFLICT (source, event_id) DO NOTHING RETURNING id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A webhook whose signature was checked: whose it is, its raw bytes, and what they say."""

    source: str
    body: bytes
    notification: Notification
    id: UUID = field(default_factory=new_id)
    correlation: str = field(default_factory=correlation_id)


@dataclass
class _Batch:
    arrivals: list[Arrival] = field(default_factory=list)
    new: set[UUID] | None = None


class _Intake:
    """Takes the webhooks of a process in, several at a time."""

    def __init__(self) -> None:
        self._batch = _Batch()
        self._turn = asyncio.Lock()

    async def take(self, runtime: Runtime, arrival: Arrival) -> bool:
        """Returns when it is kept: whether it was new. Whoever's turn it is writes for all."""
        batch = self._batch
        batch.arrivals.append(arrival)
        async with self._turn:
            if self._batch is batch:
                self._batch = _Batch()
            # When writing failed for the first of them, the next one tries.
            if batch.new is None:
                async with runtime.begin(SERVICE) as uow:
                    new = await keep_webhooks(uow, batch.arrivals)
                batch.new = new
            return arrival.id in batch.new


_intakes: "WeakKeyDictionary[Runtime, _Intake]" = WeakKeyDictionary()


async def receive_webhook(runtime: Runtime, arrival: Arrival) -> bool:
    """Have it kept and applied; False for one that is known already."""
    return await _intakes.setdefault(runtime, _Intake()).take(runtime, arrival)


async def keep_webhooks(uow: UnitOfWork, arrivals: Sequence[Arrival]) -> set[UUID]:
    """Store the raw bytes and defer the jobs; returns the ids of those that are new."""
    said = [each.notification for each in arrivals]
    kept = await uow.connection.execute(
        _KEEP,
        {
            "ids": [each.id for each in arrivals],
            "sources": [each.source for each in arrivals],
            "event_ids": [each.event_id for each in said],
            "types": [each.type for each in said],
            "api_versions": [each.api_version for each in said],
            "accounts": [each.account for each in said],
            "about": [each.lock for each in said],
            "subjects": [None if each.subject is None else str(each.subject) for each in said],
            "bodies": [each.body for each in arrivals],
            "note": NOT_FOLLOWED,
            "now": uow.now,
            "due_at": uow.now + STUCK_AFTER,
        },
    )
    new = set(kept.scalars())
    await uow.defer_many(
        APPLY,
        [
            Deferred(
                lock=f"{each.source}:{each.notification.lock}",
                arguments={"webhook_event_id": str(each.id)},
                correlation=each.correlation,
            )
            for each in arrivals
            if each.id in new and each.notification.subject is not None
        ],
    )
    return new
