"""What became of webhooks."""

from collections.abc import Sequence
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


async def find_events(connection: AsyncConnection, names: Sequence[str]) -> dict[str, UUID]:
    """The webhooks that are meant, by our own id or by the provider's."""
    event = tables.webhook_event
    own = {name: UUID(name) for name in names if _is_id(name)}
    rows = await connection.execute(
        select(event.c.id, event.c.event_id).where(
            event.c.id.in_(list(own.values())) | event.c.event_id.in_(list(names))
        )
    )
    found: dict[str, UUID] = {}
    for row in rows:
        found |= {name: row.id for name in names if row.id == own.get(name) or row.event_id == name}
    return found


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
