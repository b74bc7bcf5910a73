"""How a desk finds members: by parts of names and numbers, or by an exact e-mail or telephone."""

import re
from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.folding import folded
from gymhopper.contexts.membership.queries.members import CARD, MemberCard
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.sealing import ContactSeal

MOST_WORDS = 5
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{5,30}")

# The function keeps to the organisation that the transaction is bound to.
_FIND = text(
    "SELECT member_id, tier FROM membership.find_members("
    "CAST(:organisation_id AS uuid), CAST(:words AS text[]), :tier, CAST(:behind AS uuid), :most,"
    " :tagged)"
)


class Found(msgspec.Struct, frozen=True):
    """A member, and how well they fit: 0 by e-mail or telephone, 1 by the number, then by how
    names begin, 4 by any part."""

    card: MemberCard
    tier: int

    @property
    def place(self) -> tuple[int, UUID]:
        """Where it stands in the list. It names nobody."""
        return self.tier, self.card.member_id


async def search_members(
    connection: AsyncConnection,
    secrets: Secrets,
    query: str,
    *,
    organisation_id: UUID | None,
    tag: str | None = None,
    after: tuple[int, UUID] | None = None,
    limit: int,
) -> list[Found]:
    """Members of the organisation that the transaction is bound to (of the given one, or of all,
    where it is bound to every one), those that fit best first, from behind `after`.

    Those alone that have `tag`, where one is given. What looks like an e-mail address or a
    telephone number is looked up as a whole first.
    """
    tier, behind = after if after is not None else (0, None)
    if tier == 0:
        known = await _by_contact(
            connection,
            secrets,
            query.strip(),
            organisation_id,
            tag=tag,
            behind=behind,
            limit=limit,
        )
        if known or behind is not None or "@" in query:
            return known
    words = list(dict.fromkeys(folded(query).split()))[:MOST_WORDS]
    if query.strip() and not words:
        return []
    rows = await connection.execute(
        _FIND,
        {
            "organisation_id": organisation_id,
            "words": words,
            "tier": max(tier, 1),
            "behind": behind,
            "most": limit,
            "tagged": tag,
        },
    )
    places = {row.member_id: row.tier for row in rows}
    cards = await _cards(connection, select(*CARD).where(tables.member.c.id.in_(places)))
    by_id = {each.member_id: each for each in cards}
    return [Found(by_id[each], tier) for each, tier in places.items() if each in by_id]


async def own_members(connection: AsyncConnection, person_id: UUID) -> list[MemberCard]:
    """The person at all organisations where they are a member."""
    asked = select(*CARD).where(tables.member.c.person_id == person_id)
    return await _cards(connection, asked.order_by(tables.member.c.id))


async def _by_contact(
    connection: AsyncConnection,
    secrets: Secrets,
    query: str,
    organisation_id: UUID | None,
    *,
    tag: str | None,
    behind: UUID | None,
    limit: int,
) -> list[Found]:
    seal = ContactSeal(secrets)
    indexes: Collection[bytes]
    if "@" in query:
        column, indexes = tables.person.c.email_index, seal.email_indexes(query)
    elif _PHONE.fullmatch(query):
        column, indexes = tables.person.c.phone_index, seal.phone_indexes(query)
    else:
        return []
    asked = select(*CARD).where(column.in_(indexes)).order_by(tables.member.c.id).limit(limit)
    if organisation_id is not None:
        asked = asked.where(tables.member.c.organisation_id == organisation_id)
    if tag is not None:
        asked = asked.where(tables.member.c.tags.contains([tag]))
    if behind is not None:
        asked = asked.where(tables.member.c.id > behind)
    return [Found(each, 0) for each in await _cards(connection, asked)]


async def _cards(connection: AsyncConnection, asked: Select[tuple[object]]) -> list[MemberCard]:
    rows = await connection.execute(asked.join_from(tables.member, tables.person))
    return [MemberCard(**row) for row in rows.mappings()]
