"""Keep a provider's webhook and have it applied: one row and one job, in one transaction.

Events of a type that has no effect here are kept as ignored and need no job.
"""

from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.notification import Notification
from gymhopper.contexts.billing.storage import tables
from gymhopper.kernel.ids import new_id

APPLY = "billing.apply_webhook"

NOT_FOLLOWED = "events of this type have no effect here"

STUCK_AFTER = timedelta(minutes=5)
"""An event that is not finished by then has lost its job, and a sweep gives it a new one."""


async def receive_webhook(
    uow: UnitOfWork, *, source: str, body: bytes, notification: Notification
) -> bool:
    """Store the raw bytes of an event whose signature was checked; False for one known already."""
    event_row = new_id()
    followed = notification.subject is not None
    inserted = await uow.connection.execute(
        insert(tables.webhook_event)
        .values(
            id=event_row,
            source=source,
            event_id=notification.event_id,
            type=notification.type,
            api_version=notification.api_version,
            account=notification.account,
            body=body,
            state="received" if followed else "ignored",
            attempts=0,
            note=None if followed else NOT_FOLLOWED,
            received_at=uow.now,
            handled_at=None if followed else uow.now,
            due_at=uow.now + STUCK_AFTER,
        )
        .on_conflict_do_nothing(index_elements=["source", "event_id"])
        .returning(tables.webhook_event.c.id)
    )
    if inserted.scalar() is None:
        return False
    if followed:
        lock = f"{source}:{notification.lock}"
        await uow.defer(APPLY, lock=lock, webhook_event_id=str(event_row))
    return True
