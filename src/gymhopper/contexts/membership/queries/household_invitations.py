"""Which codes let members into a household."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.storage.household_tables import household_invitation


class InvitationView(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was given away, without the code."""

    id: UUID
    uses: int
    used: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


async def invitations(connection: AsyncConnection, household_id: UUID) -> Sequence[InvitationView]:
    """The latest first."""
    of = household_invitation.c
    columns = [of[name] for name in InvitationView.__struct_fields__]
    rows = await connection.execute(
        select(*columns).where(of.household_id == household_id).order_by(of.id.desc()).limit(200)
    )
    return [InvitationView(**row) for row in rows.mappings()]
