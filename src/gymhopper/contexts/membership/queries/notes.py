"""What the desk wrote down about a member."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.queries.members import member_ref
from gymhopper.contexts.membership.storage.people_tables import note
from gymhopper.kernel.errors import NotFound

MOST_PINNED = 20


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A note as it is stored."""

    id: UUID
    text: str
    pinned: bool
    written_at: datetime
    written_by: str
    version: int


_ROW = [note.c[name] for name in NoteRow.__struct_fields__]


async def member_notes(
    connection: AsyncConnection, member_id: UUID, *, after: UUID | None, limit: int
) -> list[NoteRow]:
    """The notes about the member, the newest first; NotFound when there is no such member."""
    if await member_ref(connection, member_id) is None:
        raise NotFound("There is no member with this id.")
    asked = select(*_ROW).where(note.c.member_id == member_id)
    if after is not None:
        asked = asked.where(note.c.id < after)
    rows = await connection.execute(asked.order_by(note.c.id.desc()).limit(limit))
    return [NoteRow(**row) for row in rows.mappings()]


async def pinned_notes(connection: AsyncConnection, member_id: UUID) -> list[NoteRow]:
    """The latest of those that are shown with the member."""
    asked = select(*_ROW).where(note.c.member_id == member_id, note.c.pinned)
    rows = await connection.execute(asked.order_by(note.c.id.desc()).limit(MOST_PINNED))
    return [NoteRow(**row) for row in rows.mappings()]
