"""Staff say what a member has reached in a discipline, and take it back."""

from uuid import UUID

from sqlalchemy import text

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.usecases.guardians import is_guardian
from gymhopper.contexts.scheduling.usecases.reach import acts_for
from gymhopper.contracts.membership.api import MemberRef, MembershipApi
from gymhopper.kernel.errors import NotFound

_WAS = text(
    "SELECT level FROM scheduling.level WHERE organisation_id = :organisation_id"
    " AND person_id = :person_id AND discipline = :discipline FOR UPDATE"
)
_GIVE = text(
    "INSERT INTO scheduling.level (organisation_id, person_id, discipline, level)"
    " VALUES (:organisation_id, :person_id, :discipline, :level)"
    " ON CONFLICT (organisation_id, person_id, discipline) DO UPDATE SET level = excluded.level"
)
_TAKE = text(
    "DELETE FROM scheduling.level WHERE organisation_id = :organisation_id"
    " AND person_id = :person_id AND discipline = :discipline"
)


async def set_level(uow: UnitOfWork, member: MemberRef, discipline: str, level: int | None) -> None:
    """So much in the discipline at the member's organisation, or nothing any more. What the member
    has booked stays."""
    asked = {
        "organisation_id": member.organisation_id,
        "person_id": member.person_id,
        "discipline": discipline,
    }
    was = (await uow.connection.execute(_WAS, asked)).scalar_one_or_none()
    if was == level:
        return
    if level is None:
        await uow.connection.execute(_TAKE, asked)
    else:
        await uow.connection.execute(_GIVE, {**asked, "level": level})
    uow.note(
        "scheduling.level",
        member.member_id,
        before=None if was is None else {"discipline": discipline, "level": was},
        after=None if level is None else {"discipline": discipline, "level": level},
        organisation_id=member.organisation_id,
        person_id=member.person_id,
    )


async def member_of(
    runtime: Runtime, caller: AuthSubject, member_id: UUID, *, to_read: bool = False
) -> MemberRef:
    """The member of the caller's organisation; `to_read` the member themselves and guardians are
    answered, too. Raises NotFound."""
    found = await runtime.api(MembershipApi).member(member_id=member_id)
    if found is not None:
        if caller.person_id is None and acts_for(caller, found.organisation_id):
            return found
        own = caller.acts_as(found.person_id, found.organisation_id)
        if to_read and (own or is_guardian(caller, found)):
            return found
    raise NotFound("There is no member with this id.")
