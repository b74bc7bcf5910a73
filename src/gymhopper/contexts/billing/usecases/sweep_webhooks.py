"""Take up webhooks again: those whose retry is due, and those whose job was lost."""

from sqlalchemy import select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.receive_webhook import APPLY, STUCK_AFTER

BATCH = 200

_event = tables.webhook_event


async def sweep_webhooks(uow: UnitOfWork) -> int:
    """Defer a job for each event that is due; returns how many.

    Without the lock that keeps one subscription's jobs in line: a job that died may hold it still,
    and fences keep the order that matters.
    """
    due = (
        select(_event.c.id)
        .where(_event.c.state == "received", _event.c.due_at <= uow.now)
        .order_by(_event.c.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = list((await uow.connection.execute(due)).scalars())
    if found:
        await uow.connection.execute(
            update(_event).where(_event.c.id.in_(found)).values(due_at=uow.now + STUCK_AFTER)
        )
    for event_id in found:
        await uow.defer(APPLY, webhook_event_id=str(event_id))
    return len(found)
