"""Send again what was sent, or what never arrived."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.endpoint import EVERYTHING
from gymhopper.contexts.integrations.domain.schedule import GIVE_UP_AFTER
from gymhopper.contexts.integrations.domain.signature import webhook_id
from gymhopper.contexts.integrations.storage import tables
from gymhopper.contexts.integrations.usecases.holding import held
from gymhopper.contexts.integrations.usecases.queue_event import tell_due
from gymhopper.contexts.integrations.usecases.send_test import PING
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id

MOST_AT_ONCE = 10_000

_delivery = tables.delivery

_MISSED = text(
    "SELECT m.id, m.event_id FROM integrations.message AS m"
    " WHERE m.organisation_id = :organisation_id AND m.occurred_at >= :start"
    " AND m.occurred_at < :until AND m.type <> :ping AND (:everything OR m.type = ANY(:types))"
    " AND NOT EXISTS (SELECT FROM integrations.delivery AS d WHERE d.endpoint_id = :endpoint_id"
    "  AND d.message_id = m.id AND d.status <> 'failed')"
    " ORDER BY m.occurred_at, m.id LIMIT :most"
)
# A failed delivery keeps its row, its webhook id and its log, and begins its tries anew.
_QUEUE = text(
    "INSERT INTO integrations.delivery AS d (id, organisation_id, endpoint_id, message_id,"
    " webhook_id, type, status, attempts, tries, due_at, give_up_at, created_at)"
    " SELECT r.id, m.organisation_id, :endpoint_id, m.id, r.webhook_id, m.type, 'pending', 0, 0,"
    " :now, :give_up_at, :now FROM unnest(CAST(:id AS uuid[]), CAST(:message_id AS uuid[]),"
    " CAST(:webhook_id AS text[])) AS r (id, message_id, webhook_id)"
    " JOIN integrations.message AS m ON m.id = r.message_id"
    " ON CONFLICT ON CONSTRAINT delivery_once DO UPDATE SET status = 'pending', tries = 0,"
    " due_at = excluded.due_at, give_up_at = excluded.give_up_at, finished_at = NULL"
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many were queued, and whether that were all."""

    queued: int
    complete: bool


async def replay_delivery(uow: UnitOfWork, delivery_id: UUID) -> None:
    """Have one delivery made again, whatever became of it; under the same webhook id."""
    endpoint_id = (
        await uow.connection.execute(
            select(_delivery.c.endpoint_id).where(_delivery.c.id == delivery_id)
        )
    ).scalar()
    if endpoint_id is None:
        raise NotFound("There is no webhook delivery with this id.")
    endpoint = await held(uow, endpoint_id)
    endpoint.require_enabled()
    await uow.connection.execute(
        update(_delivery)
        .where(_delivery.c.id == delivery_id)
        .values(
            status="pending",
            tries=0,
            due_at=uow.now,
            give_up_at=uow.now + GIVE_UP_AFTER,
            finished_at=None,
        )
    )
    await tell_due(uow)


async def replay_missed(
    uow: UnitOfWork, endpoint_id: UUID, start: datetime, until: datetime
) -> Replayed:
    """Queue what happened in `[start, until)`, is of a chosen type and never arrived: given up, or
    not even queued because the endpoint was disabled or failing. The oldest first, up to a limit.
    """
    endpoint = await held(uow, endpoint_id)
    endpoint.require_enabled()
    rows = (
        await uow.connection.execute(
            _MISSED,
            {
                "organisation_id": endpoint.organisation_id,
                "endpoint_id": endpoint.id,
                "start": start,
                "until": until,
                "ping": PING,
                "everything": EVERYTHING in endpoint.event_types,
                "types": list(endpoint.event_types),
                "most": MOST_AT_ONCE + 1,
            },
        )
    ).all()
    missed = rows[:MOST_AT_ONCE]
    if missed:
        await uow.connection.execute(
            _QUEUE,
            {
                "id": [new_id() for _ in missed],
                "message_id": [each.id for each in missed],
                "webhook_id": [webhook_id(endpoint.id, each.event_id) for each in missed],
                "endpoint_id": endpoint.id,
                "now": uow.now,
                "give_up_at": uow.now + GIVE_UP_AFTER,
            },
        )
        await tell_due(uow)
    return Replayed(len(missed), complete=len(rows) <= MOST_AT_ONCE)
