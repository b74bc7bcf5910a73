"""Store what organisations are told of an event, and one delivery for each endpoint that asked.

The message is stored also when the only endpoint that wants it is disabled or has too much waiting:
it can be replayed later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.endpoint import EVERYTHING
from gymhopper.contexts.integrations.domain.schedule import GIVE_UP_AFTER
from gymhopper.contexts.integrations.domain.signature import webhook_id
from gymhopper.contexts.integrations.domain.views import view_of
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id

DUE = "integrations_due"
"""The channel on which it is told that deliveries are due."""

MOST_WAITING = 10_000
"""For an endpoint that has failed for an hour nothing more is queued beyond this."""

_LONG_FAILING = timedelta(hours=1)

# No endpoint is deleted between this look and the commit.
_ENDPOINTS = text(
    "SELECT id, organisation_id, event_types, status, created_at, failing_since"
    " FROM integrations.endpoint WHERE organisation_id = ANY(:organisations) ORDER BY id"
    " FOR KEY SHARE"
)
_WAITING = text(
    "SELECT count(*) FROM (SELECT FROM integrations.delivery WHERE endpoint_id = :endpoint_id"
    " AND status = 'pending' LIMIT :most) AS waiting"
)
_STORE = text(
    "INSERT INTO integrations.message (id, organisation_id, event_id, type, occurred_at, stored_at,"
    " body) SELECT id, organisation_id, event_id, type, occurred_at, :now, body FROM unnest("
    "CAST(:id AS uuid[]), CAST(:organisation_id AS uuid[]), CAST(:event_id AS uuid[]),"
    " CAST(:type AS text[]), CAST(:occurred_at AS timestamptz[]), CAST(:body AS bytea[]))"
    " AS m (id, organisation_id, event_id, type, occurred_at, body)"
    " ON CONFLICT ON CONSTRAINT message_once DO NOTHING"
)
# By the event, because the message may have been there before.
_QUEUE = text(
    "INSERT INTO integrations.delivery (id, organisation_id, endpoint_id, message_id, webhook_id,"
    " type, status, attempts, tries, due_at, give_up_at, created_at)"
    " SELECT d.id, m.organisation_id, d.endpoint_id, m.id, d.webhook_id, m.type, 'pending', 0, 0,"
    " :now, :give_up_at, :now FROM unnest(CAST(:id AS uuid[]), CAST(:endpoint_id AS uuid[]),"
    " CAST(:organisation_id AS uuid[]), CAST(:event_id AS uuid[]), CAST(:webhook_id AS text[]))"
    " AS d (id, endpoint_id, organisation_id, event_id, webhook_id)"
    " JOIN integrations.message AS m USING (event_id, organisation_id)"
    " ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING"
)
_NOTIFY = text("SELECT pg_notify(:channel, '')")


@dataclass(frozen=True, slots=True)
class Message:
    """What one organisation is told of one event."""

    organisation_id: UUID
    event_id: UUID
    type: str
    occurred_at: datetime
    body: bytes


def body_of(event_type: str, at: datetime, data: object) -> bytes:
    """The bytes that are signed and sent."""
    return msgspec.json.encode({"type": event_type, "timestamp": at, "data": data})


async def queue_event(uow: UnitOfWork, event: Event, envelope: Envelope) -> None:
    """Tell everybody of the event who is to know and wants to."""
    for told in view_of(type(event)).tell(event, envelope.organisation_id):
        uow.collect(
            _store,
            Message(
                organisation_id=told.organisation_id,
                event_id=envelope.id,
                type=envelope.type,
                occurred_at=envelope.time,
                body=body_of(envelope.type, envelope.time, told.data),
            ),
        )


async def _store(uow: UnitOfWork, messages: list[Message]) -> None:
    organisations = list({each.organisation_id for each in messages})
    found = await uow.connection.execute(_ENDPOINTS, {"organisations": organisations})
    endpoints = found.all()
    if not endpoints:
        return
    wanted = [
        (message, endpoint)
        for message in messages
        for endpoint in endpoints
        if _wants(endpoint, message)
    ]
    if not wanted:
        return
    await store_messages(uow, list(dict.fromkeys(message for message, _ in wanted)))
    open_ids = {each.id for each in endpoints if await _takes_more(uow, each)}
    await _queue(uow, [(m, e.id) for m, e in wanted if e.id in open_ids])


def _wants(endpoint: Row[Any], message: Message) -> bool:
    """Events that are older than the endpoint are none of its business: a new subscriber of the log
    is given all of it."""
    return (
        endpoint.organisation_id == message.organisation_id
        and endpoint.created_at <= message.occurred_at
        and (EVERYTHING in endpoint.event_types or message.type in endpoint.event_types)
    )


async def _takes_more(uow: UnitOfWork, endpoint: Row[Any]) -> bool:
    if endpoint.status == "disabled":
        return False
    if endpoint.failing_since is None or endpoint.failing_since > uow.now - _LONG_FAILING:
        return True
    waiting = await uow.connection.execute(
        _WAITING, {"endpoint_id": endpoint.id, "most": MOST_WAITING}
    )
    return bool(waiting.scalar_one() < MOST_WAITING)


async def store_messages(uow: UnitOfWork, messages: Sequence[Message]) -> None:
    """Keep what is to be told; what is known already stays as it is."""
    await uow.connection.execute(
        _STORE,
        {
            "id": [new_id() for _ in messages],
            "organisation_id": [each.organisation_id for each in messages],
            "event_id": [each.event_id for each in messages],
            "type": [each.type for each in messages],
            "occurred_at": [each.occurred_at for each in messages],
            "body": [each.body for each in messages],
            "now": uow.now,
        },
    )


async def _queue(uow: UnitOfWork, wanted: list[tuple[Message, UUID]]) -> None:
    if not wanted:
        return
    await uow.connection.execute(
        _QUEUE,
        {
            "id": [new_id() for _ in wanted],
            "endpoint_id": [endpoint_id for _, endpoint_id in wanted],
            "organisation_id": [message.organisation_id for message, _ in wanted],
            "event_id": [message.event_id for message, _ in wanted],
            "webhook_id": [webhook_id(endpoint, m.event_id) for m, endpoint in wanted],
            "now": uow.now,
            "give_up_at": uow.now + GIVE_UP_AFTER,
        },
    )
    await tell_due(uow)


async def tell_due(uow: UnitOfWork) -> None:
    """Wake whoever delivers, when this commits."""
    await uow.connection.execute(_NOTIFY, {"channel": DUE})
