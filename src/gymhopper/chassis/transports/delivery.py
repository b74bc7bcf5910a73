"""Hands events to one context's handlers: once each, in order per aggregate, whatever fails."""

import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from gymhopper.chassis.correlation import correlated
from gymhopper.chassis.database import reraise_lost_connection
from gymhopper.chassis.events.envelope import (
    Envelope,
    Unreadable,
    from_cloudevent,
    to_cloudevent,
)
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.registry import Subscriptions
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.kernel.errors import GymhopperError

log = get_logger(__name__)

RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600))
"""How long a failed delivery waits before each further try; after the last it is parked."""

_RECEIVE = text(
    "WITH fresh AS (INSERT INTO bus.inbox (subscriber, event_id, handled_at)"
    " SELECT :subscriber, unnest(CAST(:ids AS uuid[])), :now"
    " ON CONFLICT DO NOTHING RETURNING event_id)"
    " SELECT event_id, EXISTS (SELECT FROM bus.parked WHERE subscriber = :subscriber) AS parked"
    " FROM fresh"
)
_BLOCKED = text("SELECT DISTINCT aggregate_id FROM bus.parked WHERE subscriber = :subscriber")
_PARK = text(
    "INSERT INTO bus.parked (subscriber, event_id, seq, aggregate_id, state, attempts,"
    " next_try_at, error, envelope) VALUES (:subscriber, :event_id, :seq, :aggregate_id, :state,"
    " :attempts, :next_try_at, :error, CAST(:envelope AS jsonb))"
)
# The first of each aggregate may run; whoever waits behind a parked one waits on.
_DUE = text(
    "SELECT event_id, attempts, CAST(envelope AS text) AS envelope FROM bus.parked AS p"
    " WHERE subscriber = :subscriber"
    " AND (state = 'waiting' OR (state = 'retrying' AND next_try_at <= :now))"
    " AND NOT EXISTS (SELECT 1 FROM bus.parked AS q WHERE q.subscriber = p.subscriber"
    "  AND q.aggregate_id = p.aggregate_id AND q.seq < p.seq)"
    " ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_FAILED_AGAIN = text(
    "UPDATE bus.parked SET state = :state, attempts = :attempts, next_try_at = :next_try_at,"
    " error = :error WHERE subscriber = :subscriber AND event_id = :event_id"
)
_DONE = text("DELETE FROM bus.parked WHERE subscriber = :subscriber AND event_id = :event_id")


class UnreadableEvent(GymhopperError):
    """An event's payload is not what this version expects of its type."""

    code = "unreadable_event"


class Delivery:
    """The receiving end of one subscribing context, the same for every transport."""

    def __init__(self, subscriber: str, subscriptions: Subscriptions) -> None:
        self.subscriber = subscriber
        self._handlers = subscriptions.handlers

    @property
    def types(self) -> list[str]:
        """The event types that are listened to."""
        return sorted(self._handlers)

    async def take(self, uow: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Handle a batch in order, in the caller's transaction.

        Events that were received before are passed over. One that fails is set aside for later
        tries, and so are later events of its aggregate; the others flow on. Raises only when the
        database connection is gone, so that the whole batch comes again.
        """
        fresh, parked = await self._receive(uow, envelopes)
        if not fresh:
            return
        blocked = await self._blocked(uow) if parked else set()
        if not blocked and await self._all_at_once(uow, fresh):
            return
        for envelope in fresh:
            if envelope.aggregate_id in blocked:
                await self._park(uow, envelope, state="waiting", attempts=0)
                continue
            error = await self._try(uow, envelope)
            if error is not None:
                blocked.add(envelope.aggregate_id)
                await self._park(uow, envelope, state="retrying", attempts=1, error=error)

    async def retry_one(self, uow: UnitOfWork) -> bool:
        """Try the next delivery that is due again; returns whether there was one."""
        row = (
            await uow.connection.execute(_DUE, {"subscriber": self.subscriber, "now": uow.now})
        ).one_or_none()
        if row is None:
            return False
        key = {"subscriber": self.subscriber, "event_id": row.event_id}
        error = await self._try(uow, from_cloudevent(row.envelope.encode()))
        if error is None:
            await uow.connection.execute(_DONE, key)
        else:
            attempts = row.attempts + 1
            state, next_try_at = _after(attempts, uow.now)
            await uow.connection.execute(
                _FAILED_AGAIN,
                {**key, "state": state, "attempts": attempts, "next_try_at": next_try_at}
                | {"error": error},
            )
        return True

    async def _receive(
        self, uow: UnitOfWork, envelopes: Sequence[Envelope]
    ) -> tuple[list[Envelope], bool]:
        """What has not been received before, and whether anything is set aside."""
        wanted = [each for each in envelopes if each.type in self._handlers]
        if not wanted:
            return [], False
        rows = await uow.connection.execute(
            _RECEIVE,
            {
                "subscriber": self.subscriber,
                "ids": [each.id for each in wanted],
                "now": uow.now,
            },
        )
        fresh = {row.event_id: row.parked for row in rows}
        first_of_each = {each.id: each for each in wanted if each.id in fresh}
        return list(first_of_each.values()), any(fresh.values())

    async def _blocked(self, uow: UnitOfWork) -> set[UUID]:
        rows = await uow.connection.execute(_BLOCKED, {"subscriber": self.subscriber})
        return {row.aggregate_id for row in rows}

    async def _all_at_once(self, uow: UnitOfWork, envelopes: Sequence[Envelope]) -> bool:
        """The quick way, one savepoint for all; False means that nothing was done."""
        try:
            async with uow.attempt():
                for envelope in envelopes:
                    uow.cause = envelope
                    await self._handle(uow, envelope)
        except Exception as error:  # the slow way will find the event at fault and keep its error
            reraise_lost_connection(error)
            return False
        return True

    async def _try(self, uow: UnitOfWork, envelope: Envelope) -> str | None:
        """Handle one event in a savepoint; returns the traceback when that failed."""
        try:
            async with uow.attempt(envelope):
                await self._handle(uow, envelope)
        except Exception as error:  # a handler may fail in any way; the event is kept with it
            reraise_lost_connection(error)
            log.warning(
                "delivery_failed",
                subscriber=self.subscriber,
                event_id=str(envelope.id),
                event_type=envelope.type,
                correlation_id=envelope.correlation_id,
                exc_info=True,
            )
            return traceback.format_exc()
        return None

    async def _handle(self, uow: UnitOfWork, envelope: Envelope) -> None:
        if isinstance(envelope.data, Unreadable):
            raise UnreadableEvent(envelope.data.reason)
        with correlated(envelope.correlation_id):
            for handler in self._handlers[envelope.type]:
                await handler(uow, envelope.data, envelope)

    async def _park(
        self,
        uow: UnitOfWork,
        envelope: Envelope,
        *,
        state: str,
        attempts: int,
        error: str | None = None,
    ) -> None:
        next_try_at = _after(attempts, uow.now)[1] if state == "retrying" else None
        await uow.connection.execute(
            _PARK,
            {
                "subscriber": self.subscriber,
                "event_id": envelope.id,
                "seq": envelope.seq,
                "aggregate_id": envelope.aggregate_id,
                "state": state,
                "attempts": attempts,
                "next_try_at": next_try_at,
                "error": error,
                "envelope": to_cloudevent(envelope).decode(),
            },
        )


def _after(attempts: int, now: datetime) -> tuple[str, datetime | None]:
    """State and next try of a delivery that has failed `attempts` times."""
    if attempts > len(RETRY_DELAYS):
        return "parked", None
    return "retrying", now + RETRY_DELAYS[attempts - 1]
