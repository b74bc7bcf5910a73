"""Waivers, and how members stand with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.contexts.membership.domain.waiver import (
    Standing,
    Waiver,
    WaiverSignature,
    standing,
)
from gymhopper.contexts.membership.queries.members import member_ref
from gymhopper.contexts.membership.storage.waiver_tables import waiver, waiver_signature
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberWaiver:
    """How a member stands with a waiver, and what was signed, the latest first."""

    waiver: Waiver
    standing: Standing
    signatures: tuple[WaiverSignature, ...]


async def waivers(
    connection: AsyncConnection,
    *,
    organisation_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Waiver]:
    """Those that the caller may see, of one organisation or of all, the oldest first."""
    asked = select(Waiver).order_by(waiver.c.id).limit(limit)
    if organisation_id is not None:
        asked = asked.where(waiver.c.organisation_id == organisation_id)
    if after is not None:
        asked = asked.where(waiver.c.id > after)
    async with AsyncSession(connection) as session:
        return (await session.scalars(asked)).all()


async def one_waiver(connection: AsyncConnection, waiver_id: UUID) -> Waiver:
    """The waiver with its versions; NotFound when it is not visible."""
    async with AsyncSession(connection) as session:
        found = await session.get(Waiver, waiver_id)
    if found is None:
        raise NotFound("There is no waiver with this id.")
    return found


async def member_waivers(
    connection: AsyncConnection, member_id: UUID, now: datetime
) -> list[MemberWaiver]:
    """All waivers that are signed at the member's organisation; NotFound without such a member."""
    member = await member_ref(connection, member_id)
    if member is None:
        raise NotFound("There is no member with this id.")
    asked = select(Waiver).where(
        waiver.c.organisation_id == member.organisation_id, waiver.c.retired_at.is_(None)
    )
    given = select(WaiverSignature).where(waiver_signature.c.member_id == member.member_id)
    async with AsyncSession(connection) as session:
        known = (await session.scalars(asked.order_by(waiver.c.id))).all()
        signed = (await session.scalars(given.order_by(waiver_signature.c.id.desc()))).all()
    found = []
    for each in known:
        theirs = tuple(one for one in signed if one.waiver_id == each.id)
        stands = standing(each.versions, theirs, now)
        found.append(MemberWaiver(waiver=each, standing=stands, signatures=theirs))
    return found
