"""Apply a stored webhook: fence, fetch, then one transaction for its effect and its end.

Interrupted anywhere, it leaves the event as it was; done again, it comes to the same. One look is
enough for all events of the same thing that had arrived before it: a sign-up sends a dozen.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain import notification
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.fetch_snapshot import (
    Found,
    Nothing,
    Snapshot,
    fetch_snapshot,
)
from gymhopper.contexts.billing.usecases.receive_webhook import NOT_FOLLOWED
from gymhopper.contexts.billing.usecases.take_over import expire_checkout, take_over

log = get_logger(__name__)

RETRY_DELAYS = tuple(
    timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 6 * 3600, 12 * 3600, 24 * 3600)
)
"""How long a failed event waits before each further try; after the last it is dead."""

MOST_AT_ONCE = 100
"""So many events beside one are looked through."""

_event = tables.webhook_event


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event, and the ids and subjects of those beside it."""

    source: str
    subject: str | None
    body: bytes
    beside: Sequence[tuple[UUID, str | None]]


async def apply_webhook(runtime: Runtime, provider: PaymentProvider, event_id: UUID) -> None:
    """Bring our records up to what the event is about, and mark it handled or ignored.

    A failure is kept with the event, which is tried again later; nothing is raised for it.
    """
    waiting = await _waiting(runtime, event_id)
    if waiting is None:
        return
    try:
        found = await _look(runtime, provider, waiting.source, waiting.body)
        async with runtime.begin(SERVICE) as uow:
            if await _still_waits(uow, event_id):
                ended = [event_id, *await _told_as_well(uow, waiting, found)]
                await _finish(uow, ended, await _effect(uow, found))
    except Exception:  # whatever it was is kept with the event, for a later try or a person
        log.warning("webhook_failed", webhook_event_id=str(event_id), exc_info=True)
        await _keep_failure(runtime, event_id, traceback.format_exc())


async def _waiting(runtime: Runtime, event_id: UUID) -> _Waiting | None:
    """The event, if it still waits, with those that arrived so far about the same thing."""
    others = _event.alias()
    beside = (
        select(others.c.id, others.c.subject)
        .join(
            _event,
            (others.c.source == _event.c.source)
            & ((others.c.about == _event.c.about) | (others.c.subject == _event.c.subject))
            & (others.c.id != _event.c.id),
        )
        .where(_event.c.id == event_id, others.c.state == "received")
        .order_by(others.c.received_at, others.c.id)
        .limit(MOST_AT_ONCE)
    )
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        row = (
            await connection.execute(
                select(_event.c.source, _event.c.subject, _event.c.body).where(
                    _event.c.id == event_id, _event.c.state == "received"
                )
            )
        ).one_or_none()
        if row is None:
            return None
        rows = await connection.execute(beside)
        return _Waiting(
            row.source, row.subject, row.body, [(each.id, each.subject) for each in rows]
        )


async def _told_as_well(uow: UnitOfWork, waiting: _Waiting, found: Found | Nothing) -> list[UUID]:
    """Those beside it of which the look has told all, locked; another job may end one itself."""
    told = {waiting.subject}
    if isinstance(found, Snapshot):
        told.add(str(Subject("subscription", found.subscription.id)))
    ids = [event_id for event_id, subject in waiting.beside if subject in told]
    if not ids:
        return []
    rows = await uow.connection.execute(
        select(_event.c.id)
        .where(_event.c.id.in_(ids), _event.c.state == "received")
        .with_for_update(skip_locked=True)
    )
    return list(rows.scalars())


async def _look(
    runtime: Runtime, provider: PaymentProvider, source: str, body: bytes
) -> Found | Nothing:
    if source != provider.name:
        return Nothing("events of connected accounts have no effect here")
    subject = notification.read(body).subject
    if subject is None:
        return Nothing(NOT_FOLLOWED)
    return await fetch_snapshot(runtime, provider, subject)


async def _effect(uow: UnitOfWork, found: Found | Nothing) -> str | None:
    """Take it over; returns why there was nothing to take over."""
    if not isinstance(found, Nothing):
        return await take_over(uow, found)
    if found.expired is not None:
        await expire_checkout(uow, found.expired)
        return None
    return found.reason


async def _still_waits(uow: UnitOfWork, event_id: UUID) -> bool:
    """Hold the event's row; False when another job has finished it meanwhile."""
    state = await uow.connection.execute(
        select(_event.c.state).where(_event.c.id == event_id).with_for_update()
    )
    return state.scalar() == "received"


async def _finish(uow: UnitOfWork, event_ids: Sequence[UUID], ignored_because: str | None) -> None:
    await uow.connection.execute(
        update(_event)
        .where(_event.c.id.in_(event_ids))
        .values(
            state="handled" if ignored_because is None else "ignored",
            note=ignored_because,
            handled_at=uow.now,
        )
    )


async def _keep_failure(runtime: Runtime, event_id: UUID, error: str) -> None:
    async with runtime.begin(SERVICE) as uow:
        attempts = (
            await uow.connection.execute(
                select(_event.c.attempts)
                .where(_event.c.id == event_id, _event.c.state == "received")
                .with_for_update()
            )
        ).scalar()
        if attempts is None:
            return
        state: Literal["received", "dead"] = "received" if attempts < len(RETRY_DELAYS) else "dead"
        delay = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS) - 1)]
        await uow.connection.execute(
            update(_event)
            .where(_event.c.id == event_id)
            .values(state=state, attempts=attempts + 1, note=error, due_at=uow.now + delay)
        )
