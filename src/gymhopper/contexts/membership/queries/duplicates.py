"""Members of one organisation who may be the same human being."""

from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.queries.members import CARD, MemberCard
from gymhopper.contexts.membership.storage import tables

Reason = Literal["birth_date_and_name", "email", "phone"]

# The function keeps to the organisation that the transaction is bound to.
_FIND = text(
    "SELECT first_id, second_id, reasons FROM membership.find_duplicates("
    "CAST(:organisation_id AS uuid), CAST(:first AS uuid), CAST(:second AS uuid), :most)"
)


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two members, the one who was registered first in front, and why they may be one."""

    first: MemberCard
    second: MemberCard
    reasons: tuple[Reason, ...]

    @property
    def place(self) -> tuple[UUID, UUID]:
        """Where it stands in the list."""
        return self.first.member_id, self.second.member_id


async def duplicates(
    connection: AsyncConnection,
    *,
    organisation_id: UUID | None,
    after: tuple[UUID, UUID] | None,
    limit: int,
) -> list[Pair]:
    """Pairs of the organisation that the transaction is bound to, or of the given one where it is
    bound to every one, by their ids.

    Equal addresses that are sealed under two master keys are not seen as equal: while a rotation is
    under way some pairs are missing.
    """
    first, second = after if after is not None else (None, None)
    rows = (
        await connection.execute(
            _FIND,
            {
                "organisation_id": organisation_id,
                "first": first,
                "second": second,
                "most": limit,
            },
        )
    ).all()
    ids = {each for row in rows for each in (row.first_id, row.second_id)}
    cards = await connection.execute(
        select(*CARD).join_from(tables.member, tables.person).where(tables.member.c.id.in_(ids))
    )
    by_id = {row["member_id"]: MemberCard(**row) for row in cards.mappings()}
    return [
        Pair(
            first=by_id[row.first_id],
            second=by_id[row.second_id],
            reasons=tuple(row.reasons),
        )
        for row in rows
    ]
