"""Invitations over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped, signed_in
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.contexts.identity.domain.invitation import Invitation as Sent
from gymhopper.contexts.identity.domain.invitation import InvitationState
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.acting_answers import MayActFor, choices
from gymhopper.contexts.identity.http.devices import OwnBrowser
from gymhopper.contexts.identity.http.signing_in import SignInAnswer, sign_in_answer
from gymhopper.contexts.identity.queries import invitations as queries
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases import accept_invitation as accepting
from gymhopper.contexts.identity.usecases import invite as inviting
from gymhopper.contexts.identity.usecases import withdraw_invitation as withdrawing
from gymhopper.contexts.identity.usecases.note_failure import failures_noted

router = APIRouter(tags=["invitations"])


class EmployeeInvitation(fields.Request):
    """Whom to invite, at the address that staff have of them."""

    employee_id: UUID


class MemberInvitation(fields.Request):
    """Whom to invite, at the own address; or a guardian's, for a person who has none."""

    member_id: UUID
    email: fields.Email | None = None


class Invitation(BaseModel):
    """An invitation. Whether the address had an account before is not told."""

    id: UUID
    organisation_id: UUID
    employee_id: UUID | None
    member_id: UUID | None
    email: str
    state: InvitationState
    created_at: AwareDatetime
    expires_at: AwareDatetime


class InvitationPage(Page[Invitation]):
    """Some of the invitations, the latest first."""


class InvitationToken(fields.Request):
    """The token of the link in the mail."""

    token: fields.LinkToken


class Acceptance(InvitationToken):
    """The token, and a password for an account that is new."""

    password: fields.Password | None = Field(
        default=None, description="An account that is there already keeps its own."
    )


@router.post(
    "/invitations/employees",
    status_code=201,
    summary="Invite an employee to sign in",
)
async def invite_employee(
    body: EmployeeInvitation, runtime: CurrentRuntime, caller: AuthSubject = scoped("staff:write")
) -> Invitation:
    """Sends a link that is good for seven days, once. Only who may do all that the employee may.

    Whoever accepts is the employee's account from then on, instead of one from before.
    """
    invitee = await inviting.find_employee(runtime, caller, body.employee_id)
    return await _invited(runtime, caller, invitee)


@router.post(
    "/invitations/members",
    status_code=201,
    summary="Invite a member to sign in",
)
async def invite_member(
    body: MemberInvitation, runtime: CurrentRuntime, caller: AuthSubject = scoped("members:write")
) -> Invitation:
    """Sends a link that is good for seven days, once. An account may act for several people."""
    invitee = await inviting.find_member(runtime, caller, body.member_id, body.email)
    return await _invited(runtime, caller, invitee)


@router.get("/invitations/employees", summary="List invitations of employees")
async def list_employee_invitations(
    page: Paged, runtime: CurrentRuntime, caller: AuthSubject = scoped("staff:read")
) -> InvitationPage:
    """The latest first, used and expired ones included."""
    return await _listed(runtime, caller, page, "employee")


@router.get("/invitations/members", summary="List invitations of members")
async def list_member_invitations(
    page: Paged, runtime: CurrentRuntime, caller: AuthSubject = scoped("members:read")
) -> InvitationPage:
    """The latest first, used and expired ones included."""
    return await _listed(runtime, caller, page, "member")


@router.delete(
    "/invitations/employees/{invitation_id}",
    status_code=204,
    summary="Withdraw an employee's invitation",
)
async def withdraw_employee_invitation(
    invitation_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("staff:write")
) -> None:
    """Its link is not good any more. Withdrawing it again changes nothing."""
    async with runtime.begin(caller) as uow:
        await withdrawing.withdraw_invitation(uow, invitation_id, "employee")


@router.delete(
    "/invitations/members/{invitation_id}",
    status_code=204,
    summary="Withdraw a member's invitation",
)
async def withdraw_member_invitation(
    invitation_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("members:write")
) -> None:
    """Its link is not good any more. Withdrawing it again changes nothing."""
    async with runtime.begin(caller) as uow:
        await withdrawing.withdraw_invitation(uow, invitation_id, "member")


@router.post(
    "/invitations/accept",
    status_code=201,
    summary="Accept an invitation",
    responses=refuses(403),
    dependencies=[limited("sign_in")],
)
async def accept_invitation(
    body: Acceptance,
    device: OwnBrowser,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """Makes or finds the account of the address, and signs in to it; a second factor is asked for
    where there is one."""
    async with failures_noted(runtime, "invitation"):
        outcome = await accepting.accept_invitation(
            runtime,
            token=body.token,
            password=body.password,
            device=device,
        )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.post("/me/invitations", summary="Accept an invitation with your account")
async def accept_own_invitation(
    body: InvitationToken, runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> MayActFor:
    """Links it to the account that is signed in, whatever address it was sent to."""
    async with runtime.begin(own_account(caller)) as uow:
        await accepting.accept_signed_in(uow, body.token, account_id=account_of(caller))
    return await choices(runtime, account_of(caller))


async def _invited(
    runtime: CurrentRuntime, caller: AuthSubject, invitee: inviting.Invitee
) -> Invitation:
    async with runtime.begin(caller) as uow:
        sent: Sent = await inviting.invite(uow, invitee)
    return Invitation(
        id=sent.id,
        organisation_id=sent.organisation_id,
        employee_id=sent.employee_id,
        member_id=sent.member_id,
        email=invitee.email,
        state="open",
        created_at=sent.created_at,
        expires_at=sent.expires_at,
    )


async def _listed(
    runtime: CurrentRuntime, caller: AuthSubject, page: Paged, of: withdrawing.Invited
) -> InvitationPage:
    async with runtime.read(caller) as connection:
        found = await queries.invitations(
            connection,
            AddressSeal(runtime.secrets),
            runtime.clock.now(),
            of=of,
            after=page.after(UUID),
            limit=page.fetch,
        )
    shown, more = page.cut(found, lambda each: each.id)
    return InvitationPage(
        items=[Invitation.model_validate(each, from_attributes=True) for each in shown],
        next_cursor=more,
    )
