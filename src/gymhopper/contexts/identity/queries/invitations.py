"""Reads of invitations."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.domain.invitation import InvitationState, invitation_state
from gymhopper.contexts.identity.storage.acting_tables import invitation
from gymhopper.contexts.identity.storage.addresses import AddressSeal


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """An invitation with its address in the clear: for those who may invite.

    Whether the address had an account already is not for them to know.
    """

    id: UUID
    organisation_id: UUID
    employee_id: UUID | None
    member_id: UUID | None
    email: str = field(repr=False)
    state: InvitationState
    created_at: datetime
    expires_at: datetime


async def invitations(
    connection: AsyncConnection,
    seal: AddressSeal,
    now: datetime,
    *,
    of: Literal["employee", "member"],
    after: UUID | None,
    limit: int,
) -> list[InvitationView]:
    """Those that the transaction may see, the latest first, from behind the given one."""
    kind = invitation.c.employee_id if of == "employee" else invitation.c.member_id
    query = select(invitation).where(kind.is_not(None)).order_by(invitation.c.id.desc())
    if after is not None:
        query = query.where(invitation.c.id < after)
    return [
        InvitationView(
            id=row.id,
            organisation_id=row.organisation_id,
            employee_id=row.employee_id,
            member_id=row.member_id,
            email=seal.open(row.id, row.email),
            state=invitation_state(row.accepted_at, row.withdrawn_at, row.expires_at, now),
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in await connection.execute(query.limit(limit))
    ]
