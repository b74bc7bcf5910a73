"""What can be asked about guests."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.guest_tables import guest_pass


class GuestView(msgspec.Struct, frozen=True, kw_only=True):
    """A guest pass, and what the guest is called."""

    id: UUID
    membership_id: UUID
    member_id: UUID
    person_id: UUID
    first_name: str
    last_name: str
    first_day: date
    start: datetime
    until: datetime
    host_inside: bool
    withdrawn_at: datetime | None
    used_at: datetime | None


async def guests(
    connection: AsyncConnection, membership_id: UUID, pass_id: UUID | None = None
) -> list[GuestView]:
    """The guests of a membership, the latest first."""
    of, person = guest_pass.c, tables.person.c
    asked = (
        select(
            of.id,
            of.membership_id,
            of.member_id,
            of.person_id,
            person.first_name,
            person.last_name,
            of.first_day,
            of.start_at.label("start"),
            of.until_at.label("until"),
            of.host_inside,
            of.withdrawn_at,
            of.used_at,
        )
        .join(tables.person, person.id == of.person_id)
        .where(of.membership_id == membership_id)
        .order_by(of.id.desc())
        .limit(200)
    )
    if pass_id is not None:
        asked = asked.where(of.id == pass_id)
    return [GuestView(**row) for row in (await connection.execute(asked)).mappings()]
