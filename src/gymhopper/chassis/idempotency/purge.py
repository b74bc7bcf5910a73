"""Forgets answers whose day is over."""

from datetime import datetime

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database
from gymhopper.chassis.idempotency.answers import KEPT

_AT_ONCE = 1000
_PURGE = text(
    "DELETE FROM chassis.idempotency WHERE (caller, key) IN ("
    "SELECT caller, key FROM chassis.idempotency WHERE created_at <= :until"
    " ORDER BY created_at LIMIT :at_once FOR UPDATE SKIP LOCKED)"
)


async def purge_answers(database: Database, now: datetime) -> bool:
    """Remove some of what nobody may be given again; whether there is more."""
    async with database.transaction(SERVICE) as connection:
        done = await connection.execute(_PURGE, {"until": now - KEPT, "at_once": _AT_ONCE})
    return done.rowcount == _AT_ONCE
