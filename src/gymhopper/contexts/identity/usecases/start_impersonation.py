"""Look through a member's eyes, for half an hour at most, and for the member to see."""

from dataclasses import dataclass, field
from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.impersonation import LONGEST, Impersonation
from gymhopper.contexts.identity.usecases.end_impersonation import (
    UNTIL_REACHED,
    end_impersonation_of,
)
from gymhopper.contracts.identity.events import ImpersonationStarted
from gymhopper.contracts.membership.api import MemberRef, MembershipApi
from gymhopper.kernel.errors import Forbidden, NotFound
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StartImpersonation:
    """Whose eyes, and why."""

    member: MemberRef
    reason: str = field(repr=False)


async def find_member(runtime: Runtime, caller: AuthSubject, member_id: UUID) -> MemberRef:
    """The member, as membership knows it: ask before the unit of work begins.

    Raises NotFound for members of other organisations.
    """
    member = await runtime.api(MembershipApi).member(member_id=member_id)
    if member is None or member.organisation_id != caller.organisation_id:
        raise NotFound("There is no member with this id.", field="member_id")
    return member


async def start_impersonation(
    uow: UnitOfWork, caller: AuthSubject, command: StartImpersonation
) -> Impersonation:
    """Begin; one that the session has already ends.

    Raises Forbidden unless the caller's session acts for an assignment at the member's
    organisation.
    """
    organisation_id = command.member.organisation_id
    if (
        caller.id is None
        or caller.session_id is None
        or caller.assignment_id is None
        or caller.role is None
        or caller.organisation_id != organisation_id
    ):
        raise Forbidden("Act for an assignment first.", code="assignment_required")
    await end_impersonation_of(uow, caller.session_id)
    impersonation = Impersonation(
        id=new_id(),
        organisation_id=organisation_id,
        account_id=caller.id,
        session_id=caller.session_id,
        assignment_id=caller.assignment_id,
        role=caller.role,
        member_id=command.member.member_id,
        person_id=command.member.person_id,
        reason=command.reason,
        started_at=uow.now,
        until_at=uow.now + LONGEST,
    )
    await uow.flush()
    uow.add(impersonation)
    started = ImpersonationStarted(
        impersonation_id=impersonation.id,
        organisation_id=organisation_id,
        account_id=impersonation.account_id,
        assignment_id=impersonation.assignment_id,
        role=impersonation.role,
        member_id=impersonation.member_id,
        person_id=impersonation.person_id,
        until=impersonation.until_at,
    )
    uow.record(impersonation, started, organisation_id=organisation_id)
    await uow.schedule(UNTIL_REACHED, str(impersonation.id), impersonation.until_at)
    return impersonation
