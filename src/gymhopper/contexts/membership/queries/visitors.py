"""What a venue may know of members of other gyms."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.settings import MembershipSettings

# The function keeps to the organisation that the transaction is bound to.
_VISITORS = text(
    "SELECT visitor_id, first_name, since, last FROM membership.network_visitors("
    ":not_before, :behind_last, :behind_visitor, :most)"
)


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A member of another gym, by the first name and an id that differs at every venue."""

    visitor_id: UUID
    first_name: str
    since: datetime
    last: datetime

    @property
    def place(self) -> tuple[datetime, UUID]:
        """Where it stands in the list."""
        return self.last, self.visitor_id


async def network_visitors(
    connection: AsyncConnection,
    now: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Visitor]:
    """Who was here lately, the latest first."""
    last, visitor = after if after is not None else (None, None)
    rows = await connection.execute(
        _VISITORS,
        {
            "not_before": now - MembershipSettings().visible_for,
            "behind_last": last,
            "behind_visitor": visitor,
            "most": limit,
        },
    )
    return [Visitor(**row) for row in rows.mappings()]
