"""What became of webhooks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.billing.storage import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A webhook as it is kept. `note` is why it was ignored, or the last failure's traceback."""

    id: UUID
    source: str
    event_id: str
    type: str
    state: str
    attempts: int
    note: str | None
    received_at: datetime
    due_at: datetime
    handled_at: datetime | None


async def list_events(
    connection: AsyncConnection, *, state: str | None = None, limit: int = 100
) -> list[StoredEvent]:
    """The newest webhooks first, of one state or of all."""
    event = tables.webhook_event
    columns = [event.c[name] for name in StoredEvent.__dataclass_fields__]
    query = select(*columns).order_by(event.c.received_at.desc(), event.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(event.c.state == state)
    return [StoredEvent(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - Row's public mapping has this name
