"""Reads of who looked through members' eyes."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.storage.acting_tables import impersonation, person_link


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpersonationView:
    """What a member is told: in which role, from where, when and why; not who."""

    id: UUID
    organisation_id: UUID
    person_id: UUID
    role: str
    reason: str = field(repr=False)
    started_at: datetime
    until_at: datetime
    ended_at: datetime | None


async def impersonations_of_account(
    connection: AsyncConnection, account_id: UUID, *, after: UUID | None, limit: int
) -> list[ImpersonationView]:
    """Those of all people whom the account acts for, at the organisations that vouched for it;
    the latest first."""
    columns = [impersonation.c[name] for name in ImpersonationView.__dataclass_fields__]
    query = (
        select(*columns)
        .join(
            person_link,
            and_(
                person_link.c.person_id == impersonation.c.person_id,
                person_link.c.organisation_id == impersonation.c.organisation_id,
            ),
        )
        .where(person_link.c.account_id == account_id)
        .order_by(impersonation.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(impersonation.c.id < after)
    return [ImpersonationView(**row) for row in (await connection.execute(query)).mappings()]
