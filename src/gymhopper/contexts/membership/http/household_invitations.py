"""Codes by which members come into a household."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.limits import limited
from gymhopper.contexts.membership.http.fields import Request
from gymhopper.contexts.membership.http.households import HousemateAnswer
from gymhopper.contexts.membership.queries.household_invitations import InvitationView, invitations
from gymhopper.contexts.membership.usecases import invite_into_household as inviting

router = APIRouter(tags=["families"])

Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z -]{8,40}$")]


class HouseholdInvitationRequest(Request):
    """For how many members the code is good, and for how many times 24 hours."""

    uses: int = Field(default=1, ge=1, le=10)
    days: int = Field(default=7, ge=1, le=30)


class InvitationAcceptance(Request):
    """The code as it was told, in whatever groups. The desk names the member who agreed."""

    code: Code = Field(examples=["7KQ2-M9XA-P4TD"])
    member_id: UUID | None = None


class HouseholdInvitationAnswer(BaseModel):
    """A code that was given away; the code itself is told once."""

    id: UUID
    status: Literal["open", "used", "expired", "revoked"]
    uses: int
    used: int
    created_at: datetime
    expires_at: datetime


class NewHouseholdInvitation(HouseholdInvitationAnswer):
    """The only answer that has the code."""

    code: str


class HouseholdInvitationList(BaseModel):
    """The latest first."""

    items: list[HouseholdInvitationAnswer]


@router.post(
    "/households/{household_id}/invitations", status_code=201, summary="Invite into a household"
)
async def create_household_invitation(
    household_id: UUID,
    body: HouseholdInvitationRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("households:write"),
) -> NewHouseholdInvitation:
    """A code that whoever pays, or the desk, gives to members. Who accepts is paid for when they
    buy in the household's name."""
    inside = await inviting.who_invites(runtime, caller, household_id)
    async with runtime.begin(inside) as uow:
        made = await inviting.invite_into_household(
            uow, household_id, uses=body.uses, days=body.days
        )
    of = made.invitation
    return NewHouseholdInvitation(
        id=of.id,
        status="open",
        uses=of.uses,
        used=of.used,
        created_at=of.created_at,
        expires_at=of.expires_at,
        code=made.code,
    )


@router.get("/households/{household_id}/invitations", summary="List invitations into a household")
async def list_household_invitations(
    household_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("households:write"),
) -> HouseholdInvitationList:
    """Also those that are used up or over."""
    inside = await inviting.who_invites(runtime, caller, household_id)
    async with runtime.read(inside) as connection:
        found = await invitations(connection, household_id)
    now = runtime.clock.now()
    return HouseholdInvitationList(items=[_answer(each, now) for each in found])


@router.delete(
    "/households/{household_id}/invitations/{household_invitation_id}",
    status_code=204,
    summary="Revoke an invitation into a household",
)
async def revoke_household_invitation(
    household_id: UUID,
    household_invitation_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("households:write"),
) -> None:
    """Nobody comes in by it any more."""
    inside = await inviting.who_invites(runtime, caller, household_id)
    async with runtime.begin(inside) as uow:
        await inviting.revoke_invitation(uow, household_id, household_invitation_id)


@router.post(
    "/household-invitations/accept",
    status_code=201,
    summary="Accept an invitation into a household",
    dependencies=[limited("sign_in")],
)
async def accept_household_invitation(
    body: InvitationAcceptance,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("households:write"),
) -> HousemateAnswer:
    """Members accept for themselves. Nobody is in two households at once."""
    joined = await inviting.accept_invitation(runtime, caller, body.code, body.member_id)
    return HousemateAnswer(
        member_id=joined.member_id, person_id=joined.person_id, joined_at=joined.joined_at
    )


def _answer(found: InvitationView, now: datetime) -> HouseholdInvitationAnswer:
    status: Literal["open", "used", "expired", "revoked"] = "open"
    if found.revoked_at is not None:
        status = "revoked"
    elif found.used >= found.uses:
        status = "used"
    elif found.expires_at <= now:
        status = "expired"
    return HouseholdInvitationAnswer(
        id=found.id,
        status=status,
        uses=found.uses,
        used=found.used,
        created_at=found.created_at,
        expires_at=found.expires_at,
    )
