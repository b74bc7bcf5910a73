"""Invite members into a household by a code, and accept such an invitation."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.household import Household, Housemate
from gymhopper.contexts.membership.domain.household_invitation import (
    MOST_OPEN,
    EnoughInvitations,
    HouseholdInvitation,
    InvitationCodeInvalid,
    NotThePayer,
    new_code,
    normal,
)
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.queries.payers import household_view
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.household_tables import household_invitation
from gymhopper.contexts.membership.usecases.keep_household import add_housemate
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id

_INVALID = "This code is not valid, or not any more."


@dataclass(frozen=True, slots=True)
class Invited:
    """The code is told this once."""

    invitation: HouseholdInvitation
    code: str


async def who_invites(runtime: Runtime, caller: AuthSubject, household_id: UUID) -> AuthSubject:
    """Whoever invites, before all that the gym has: the desk, or the member who pays.

    Raises NotFound when the household is not the caller's, NotThePayer.
    """
    async with runtime.read(caller) as connection:
        found = await household_view(connection, household_id)
    own = {each.member_id for each in found.members if each.person_id == caller.person_id}
    if caller.person_id is not None and found.payer_member_id not in own:
        raise NotThePayer("Whoever pays for the household invites into it.")
    return caller.at(found.organisation_id)


async def invite_into_household(
    uow: UnitOfWork, household_id: UUID, *, uses: int, days: int
) -> Invited:
    """A code for so many members, good for so many times 24 hours. Raises EnoughInvitations."""
    household = await uow.get(Household, household_id)
    of = household_invitation.c
    live = await uow.session.scalars(
        select(HouseholdInvitation).where(
            of.household_id == household.id, of.revoked_at.is_(None), of.expires_at > uow.now
        )
    )
    if sum(each.is_open(uow.now) for each in live) >= MOST_OPEN:
        raise EnoughInvitations(f"There are {MOST_OPEN} open codes. Revoke one first.")
    code = new_code()
    invitation = HouseholdInvitation(
        id=new_id(),
        household_id=household.id,
        organisation_id=household.organisation_id,
        digest=_digest(uow.runtime, code),
        uses=uses,
        created_at=uow.now,
        created_by=uow.subject.actor,
        expires_at=uow.now + timedelta(days=days),
    )
    uow.add(invitation)
    return Invited(invitation, code)


async def revoke_invitation(uow: UnitOfWork, household_id: UUID, invitation_id: UUID) -> None:
    """Nobody comes in by it any more; who did stays. NotFound when it is another household's."""
    await uow.get(Household, household_id)
    invitation = await uow.get(HouseholdInvitation, invitation_id)
    if invitation.household_id != household_id:
        raise NotFound("There is no invitation with this id.")
    invitation.revoked_at = invitation.revoked_at or uow.now


async def accept_invitation(
    runtime: Runtime, caller: AuthSubject, code: str, member_id: UUID | None
) -> Housemate:
    """Be in the household from now on: members themselves, whom the desk names.

    Raises InvitationCodeInvalid whatever is wrong with the code, NotFound for a member of others,
    InHousehold.
    """
    async with runtime.read(SERVICE) as connection:
        found = await _found(connection, _digest(runtime, code))
        if found is None:
            raise InvitationCodeInvalid(_INVALID, field="code")
        invitation_id, organisation_id = found
        joining = await _joining(connection, caller, organisation_id, member_id)
    async with runtime.begin(caller.at(organisation_id)) as uow:
        await uow.get(Member, joining)
        invitation = await uow.get(HouseholdInvitation, invitation_id)
        if not invitation.is_open(uow.now):
            raise InvitationCodeInvalid(_INVALID, field="code")
        joined = await add_housemate(uow, invitation.household_id, joining)
        invitation.used += 1
    return joined


async def _joining(
    connection: AsyncConnection, caller: AuthSubject, organisation_id: UUID, member_id: UUID | None
) -> UUID:
    """The member whom the caller may bring in. What is somebody else's gym is an unknown code."""
    of = tables.member.c
    asked = select(of.id).where(of.organisation_id == organisation_id)
    if caller.person_id is not None:
        if organisation_id not in caller.within:
            raise InvitationCodeInvalid(_INVALID, field="code")
        asked = asked.where(of.person_id == caller.person_id)
        if member_id is not None:
            asked = asked.where(of.id == member_id)
    elif not caller.everywhere and caller.organisation_id != organisation_id:
        raise InvitationCodeInvalid(_INVALID, field="code")
    else:
        asked = asked.where(of.id == member_id)
    found: UUID | None = (await connection.execute(asked)).scalar()
    if found is None:
        raise NotFound("There is no member with this id.", field="member_id")
    return found


async def _found(connection: AsyncConnection, digest: bytes) -> tuple[UUID, UUID] | None:
    of = household_invitation.c
    asked = select(of.id, of.organisation_id).where(of.digest == digest)
    row = (await connection.execute(asked)).one_or_none()
    return None if row is None else (row.id, row.organisation_id)


def _digest(runtime: Runtime, code: str) -> bytes:
    key = runtime.secrets.lasting("household invitations")
    return hmac.digest(key, normal(code).encode(), hashlib.sha256)
