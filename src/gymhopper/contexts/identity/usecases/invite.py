"""Offer somebody to sign in for an employee, or for a member."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.email import normal_email
from gymhopper.contexts.identity.domain.email_link import spoken
from gymhopper.contexts.identity.domain.invitation import GOOD_FOR, Invitation
from gymhopper.contexts.identity.domain.opaque_token import INVITATION, OpaqueToken
from gymhopper.contexts.identity.domain.roles import GRANTED
from gymhopper.contexts.identity.storage.acting_tables import invitation as table
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.usecases.queue_mail import queue_mail
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.staff.api import StaffApi
from gymhopper.contracts.venues.api import VenuesApi
from gymhopper.kernel.errors import Conflict, Forbidden, NotFound
from gymhopper.kernel.ids import new_id

PAGE = "/sign-in/invitation"


class NoAddress(Conflict):
    """Nobody knows where to write to."""

    code = "no_address"


class Managed(Conflict):
    """A guardian's account acts for this member, who gets one when the guardianship ends."""

    code = "managed_member"


class HasOwnAddress(Conflict):
    """Who has an address of their own is invited there, and nowhere else."""

    code = "has_own_address"


class RoleExceedsYours(Forbidden):
    """Whoever accepts would be allowed more than the caller is."""

    code = "role_exceeds_yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """For whom an account is to act, and where the invitation goes."""

    organisation_id: UUID
    organisation_name: str
    employee_id: UUID | None = None
    member_id: UUID | None = None
    person_id: UUID | None = None
    email: str = field(repr=False)


async def find_employee(runtime: Runtime, caller: AuthSubject, employee_id: UUID) -> Invitee:
    """The employee, as staff knows them: ask before the unit of work begins.

    Raises NotFound, NoAddress, and RoleExceedsYours or Forbidden `not_your_place` for an employee
    who may do something, or may at a place, that the caller may not.
    """
    found = await runtime.api(StaffApi).employee(employee_id=employee_id)
    if found is None or not _acts_for(caller, found.organisation_id):
        raise NotFound("There is no employee with this id.", field="employee_id")
    for held in found.held:
        role = GRANTED.get(held.role)
        if role is None or not all(caller.may(scope) for scope in role.scopes):
            raise RoleExceedsYours(f"The role {held.role} may do more than you may.")
        caller.require_place(location_id=held.location_id, legal_entity_id=held.legal_entity_id)
    if found.email is None:
        raise NoAddress("Write down the employee's e-mail address first.")
    return Invitee(
        organisation_id=found.organisation_id,
        organisation_name=await _name(runtime, found.organisation_id),
        employee_id=found.employee_id,
        email=found.email,
    )


async def find_member(
    runtime: Runtime, caller: AuthSubject, member_id: UUID, email: str | None
) -> Invitee:
    """The member, as membership knows them: ask before the unit of work begins.

    `email` is a guardian's address, for a person without one, such as a child. Raises NotFound,
    NoAddress, Managed, and HasOwnAddress when it is given for somebody else.
    """
    found = await runtime.api(MembershipApi).contact(member_id=member_id)
    if found is None or not _acts_for(caller, found.organisation_id):
        raise NotFound("There is no member with this id.", field="member_id")
    if found.managed:
        raise Managed("This member has a guardian; invite that one, to act for both.")
    if found.email is None and email is None:
        raise NoAddress("This member has no e-mail address; give that of a guardian.")
    if found.email and email and normal_email(found.email) != normal_email(email):
        raise HasOwnAddress("This member is invited at the own address.", field="email")
    return Invitee(
        organisation_id=found.organisation_id,
        organisation_name=await _name(runtime, found.organisation_id),
        member_id=found.member_id,
        person_id=found.person_id,
        email=found.email or email or "",
    )


async def invite(uow: UnitOfWork, invitee: Invitee) -> Invitation:
    """Send the invitation. Earlier ones for the same employee or member are withdrawn: the address
    may have been wrong.

    What is done is the same whether or not the address has an account.
    """
    of = table.c
    same = (
        of.employee_id == invitee.employee_id
        if invitee.employee_id is not None
        else of.member_id == invitee.member_id
    )
    earlier = select(Invitation).where(same, of.accepted_at.is_(None), of.withdrawn_at.is_(None))
    for each in await uow.session.scalars(earlier.with_for_update()):
        each.withdraw(uow.now)
    invitation_id = new_id()
    token = OpaqueToken.new(INVITATION, invitation_id)
    invitation = Invitation(
        id=invitation_id,
        organisation_id=invitee.organisation_id,
        employee_id=invitee.employee_id,
        member_id=invitee.member_id,
        person_id=invitee.person_id,
        email=AddressSeal(uow.runtime.secrets).seal(invitation_id, invitee.email),
        hash=token.hash(),
        created_at=uow.now,
        expires_at=uow.now + GOOD_FOR,
    )
    uow.add(invitation)
    await queue_mail(
        uow,
        "invitation",
        to=invitee.email,
        expires_at=invitation.expires_at,
        content={
            "organisation": invitee.organisation_name,
            "link": f"{uow.runtime.public_url}{PAGE}?token={token.reveal()}",
            "lifetime": spoken(GOOD_FOR),
        },
    )
    return invitation


def _acts_for(caller: AuthSubject, organisation_id: UUID) -> bool:
    return caller.everywhere or caller.organisation_id == organisation_id


async def _name(runtime: Runtime, organisation_id: UUID) -> str:
    found = await runtime.api(VenuesApi).organisation(organisation_id=organisation_id)
    if found is None:
        raise NotFound("There is no organisation with this id.")
    return found.name
