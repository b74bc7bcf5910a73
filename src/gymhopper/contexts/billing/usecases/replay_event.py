"""Have a stored webhook applied once more."""

from uuid import UUID

from sqlalchemy import update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.receive_webhook import APPLY, STUCK_AFTER
from gymhopper.kernel.errors import NotFound


async def replay_event(uow: UnitOfWork, event_id: UUID) -> None:
    """Give an event a new start, whatever became of it; NotFound when there is none.

    Harmless also for one that was handled: it fetches what is true now.
    """
    event = tables.webhook_event
    found = await uow.connection.execute(
        update(event)
        .where(event.c.id == event_id)
        .values(
            state="received",
            attempts=0,
            note=None,
            handled_at=None,
            due_at=uow.now + STUCK_AFTER,
        )
        .returning(event.c.id)
    )
    if found.scalar() is None:
        raise NotFound("There is no webhook event with this id.")
    await uow.defer(APPLY, webhook_event_id=str(event_id))
