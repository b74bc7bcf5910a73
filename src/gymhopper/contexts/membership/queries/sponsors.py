"""Sponsors and their rosters."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.domain.sponsor import Sponsor
from gymhopper.contexts.membership.storage.sponsor_tables import roster, roster_entry, sponsor
from gymhopper.kernel.errors import NotFound

MOST = 500
NO_SPONSOR = "There is no sponsor with this id."


async def sponsors(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Those that the caller may see, by their names."""
    asked = select(sponsor).order_by(sponsor.c.name, sponsor.c.id).limit(MOST)
    return (await connection.execute(asked)).all()


async def sponsor_row(connection: AsyncConnection, sponsor_id: UUID) -> Row[Any]:
    """The sponsor; NotFound when there is none."""
    asked = select(sponsor).where(sponsor.c.id == sponsor_id)
    found = (await connection.execute(asked)).one_or_none()
    if found is None:
        raise NotFound(NO_SPONSOR)
    return found


async def read_sponsor(connection: AsyncConnection, sponsor_id: UUID) -> Sponsor:
    """The sponsor as the domain has it; NotFound when there is none."""
    asked = select(sponsor).where(sponsor.c.id == sponsor_id)
    found = (await connection.execute(asked)).mappings().one_or_none()
    if found is None:
        raise NotFound(NO_SPONSOR)
    return Sponsor(**found)


async def roster_row(connection: AsyncConnection, roster_id: UUID) -> Row[Any]:
    """The roster; NotFound when there is none."""
    asked = select(roster).where(roster.c.id == roster_id)
    found = (await connection.execute(asked)).one_or_none()
    if found is None:
        raise NotFound("There is no roster with this id.")
    return found


async def refused_rows(
    connection: AsyncConnection, roster_id: UUID, after: int
) -> Sequence[Row[Any]]:
    """Rows that were refused, beyond number `after`; NotFound when there is no such roster."""
    await roster_row(connection, roster_id)
    of = roster_entry.c
    asked = select(roster_entry).where(
        of.roster_id == roster_id, of.outcome == "refused", of.number > after
    )
    return (await connection.execute(asked.order_by(of.number).limit(MOST))).all()
