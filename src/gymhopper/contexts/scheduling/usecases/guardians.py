"""Guardians book for their dependents, classes and appointments, and see what these have booked."""

from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contracts.membership.api import MemberRef, MembershipApi


def is_guardian(caller: AuthSubject, member: MemberRef) -> bool:
    """Whether the caller acts for the member, at the gym that says so."""
    return caller.person_id in member.guardians and member.organisation_id in caller.within


async def guards(runtime: Runtime, caller: AuthSubject, member_id: UUID) -> bool:
    """The same of a member by the id; nobody but a person is a guardian."""
    if caller.person_id is None:
        return False
    member = await runtime.api(MembershipApi).member(member_id=member_id)
    return member is not None and is_guardian(caller, member)
