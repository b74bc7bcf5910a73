"""Who is whose guardian."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.membership.queries.members import member_ref
from gymhopper.kernel.errors import NotFound


class Relative(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian or a dependent, with the guardianship that runs."""

    guardianship_id: UUID
    organisation_id: UUID
    member_id: UUID
    person_id: UUID
    first_name: str
    last_name: str
    began_at: datetime


_COLUMNS = """
    id organisation_id began_at
    guardian_member_id guardian_person_id guardian_first guardian_last
    dependent_member_id dependent_person_id dependent_first dependent_last
"""
# The function shows no more than the caller may see.
_FAMILY = func.membership.family().table_valued(*map(column, _COLUMNS.split()))


async def guardians(connection: AsyncConnection, member_id: UUID) -> list[Relative]:
    """Those of the member; NotFound when there is no such member."""
    return await _of_member(connection, member_id, of="dependent", shown="guardian")


async def dependents(connection: AsyncConnection, member_id: UUID) -> list[Relative]:
    """Those of the member; NotFound when there is no such member."""
    return await _of_member(connection, member_id, of="guardian", shown="dependent")


async def dependents_of_person(connection: AsyncConnection, person_id: UUID) -> list[Relative]:
    """Those of the person, at all organisations that the caller may see."""
    asked = _FAMILY.c.guardian_person_id == person_id
    return await _found(connection, asked, "dependent")


async def _of_member(
    connection: AsyncConnection, member_id: UUID, *, of: str, shown: str
) -> list[Relative]:
    if await member_ref(connection, member_id) is None:
        raise NotFound("There is no member with this id.")
    return await _found(connection, _FAMILY.c[f"{of}_member_id"] == member_id, shown)


async def _found(connection: AsyncConnection, asked: object, shown: str) -> list[Relative]:
    family = _FAMILY.c
    rows = await connection.execute(
        select(
            family.id,
            family.organisation_id,
            family.began_at,
            family[f"{shown}_member_id"].label("member_id"),
            family[f"{shown}_person_id"].label("person_id"),
            family[f"{shown}_first"].label("first_name"),
            family[f"{shown}_last"].label("last_name"),
        )
        .where(asked)  # type: ignore[arg-type]  # columns of a function have no type here
        .order_by(family.id)
    )
    return [
        Relative(
            guardianship_id=row.id,
            organisation_id=row.organisation_id,
            member_id=row.member_id,
            person_id=row.person_id,
            first_name=row.first_name,
            last_name=row.last_name,
            began_at=row.began_at,
        )
        for row in rows
    ]
