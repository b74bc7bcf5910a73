"""Keep a provider's webhook and have it applied: one row and one job, in one transaction."""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.notification import Notification
from gymhopper.contexts.billing.storage import tables
from gymhopper.kernel.ids import new_id

APPLY = "billing.apply_webhook"

STUCK_AFTER = timedelta(minutes=5)
"""An event that is not finished by then has lost its job, and a sweep gives it a new one."""


async def receive_webhook(
    uow: UnitOfWork, *, source: str, body: bytes, notification: Notification
) -> bool:
    """Store the raw bytes of an event whose signature was checked; False for one known already."""
    event_row = new_id()
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
            state="received",
            attempts=0,
            received_at=uow.now,
            due_at=_due(uow.now),
        )
        .on_conflict_do_nothing(index_elements=["source", "event_id"])
        .returning(tables.webhook_event.c.id)
    )
    if inserted.scalar() is None:
        return False
    await uow.defer(APPLY, lock=f"{source}:{notification.lock}", webhook_event_id=str(event_row))
    return True


def _due(now: datetime) -> datetime:
    return now + STUCK_AFTER
