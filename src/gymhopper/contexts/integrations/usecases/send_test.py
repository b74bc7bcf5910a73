"""Begin a test: a ping to an endpoint, to be sent at once by whoever asked for it."""

from uuid import UUID

from sqlalchemy import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.schedule import GIVE_UP_AFTER
from gymhopper.contexts.integrations.domain.signature import webhook_id
from gymhopper.contexts.integrations.storage import tables
from gymhopper.contexts.integrations.usecases.claim_deliveries import LEASE, Claimed
from gymhopper.contexts.integrations.usecases.holding import held
from gymhopper.contexts.integrations.usecases.queue_event import body_of
from gymhopper.kernel.ids import new_id

PING = "ping"
"""The type of test events. They say nothing about whether an endpoint is well."""


async def begin_test(uow: UnitOfWork, endpoint_id: UUID) -> Claimed:
    """Store the ping as claimed by the caller, who sends it after the commit and records how it
    went.

    It goes to a disabled endpoint, too: that is how one tries whether it can be enabled again.
    """
    endpoint = await held(uow, endpoint_id)
    event_id, message_id, delivery_id = new_id(), new_id(), new_id()
    own = {"organisation_id": endpoint.organisation_id}
    body = body_of(PING, uow.now, {"endpoint_id": endpoint.id})
    known_as = webhook_id(endpoint.id, event_id)
    await uow.connection.execute(
        insert(tables.message).values(
            id=message_id,
            event_id=event_id,
            type=PING,
            occurred_at=uow.now,
            stored_at=uow.now,
            body=body,
            **own,
        )
    )
    await uow.connection.execute(
        insert(tables.delivery).values(
            id=delivery_id,
            endpoint_id=endpoint.id,
            message_id=message_id,
            webhook_id=known_as,
            type=PING,
            status="pending",
            attempts=1,
            tries=1,
            due_at=uow.now + LEASE,
            give_up_at=uow.now + GIVE_UP_AFTER,
            created_at=uow.now,
            **own,
        )
    )
    await uow.connection.execute(
        insert(tables.attempt).values(delivery_id=delivery_id, number=1, started_at=uow.now, **own)
    )
    return Claimed(
        delivery_id=delivery_id,
        endpoint_id=endpoint.id,
        type=PING,
        number=1,
        url=endpoint.url,
        webhook_id=known_as,
        body=body,
        sealed_secrets=endpoint.live_secrets(uow.now),
    )
