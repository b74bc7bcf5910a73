"""End what has waited too long, and forget what is old."""

from datetime import timedelta

from sqlalchemy import text

from gymhopper.chassis.unit_of_work import UnitOfWork

KEPT_FOR = timedelta(days=30)
"""How long messages and the log of their deliveries are kept, and so can be replayed."""

BATCH = 5000

_GIVE_UP = text(
    "UPDATE integrations.delivery SET status = 'failed', due_at = NULL, finished_at = :now"
    " WHERE id IN (SELECT id FROM integrations.delivery WHERE status = 'pending'"
    "  AND give_up_at <= :now LIMIT :batch FOR UPDATE SKIP LOCKED)"
)
# What somebody has just had replayed is still on its way.
_FORGET = text(
    "DELETE FROM integrations.message WHERE id IN (SELECT m.id FROM integrations.message AS m"
    " WHERE m.stored_at < :before AND NOT EXISTS (SELECT FROM integrations.delivery AS d"
    "  WHERE d.message_id = m.id AND d.status = 'pending') ORDER BY m.stored_at LIMIT :batch)"
)


async def give_up(uow: UnitOfWork) -> int:
    """End deliveries whose days are over; returns how many."""
    ended = await uow.connection.execute(_GIVE_UP, {"now": uow.now, "batch": BATCH})
    return ended.rowcount


async def forget_old(uow: UnitOfWork) -> int:
    """Delete old messages with the log of their deliveries; returns how many."""
    gone = await uow.connection.execute(_FORGET, {"before": uow.now - KEPT_FOR, "batch": BATCH})
    return gone.rowcount
