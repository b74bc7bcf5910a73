"""Guardians and dependents."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped, signed_in
from gymhopper.contexts.membership.http.fields import AgreementField, Request
from gymhopper.contexts.membership.http.members import MemberCreated, Profile, member_created
from gymhopper.contexts.membership.queries import family
from gymhopper.contexts.membership.queries.family import Relative
from gymhopper.contexts.membership.queries.members import member_ref
from gymhopper.contexts.membership.usecases import begin_guardianship as beginning
from gymhopper.contexts.membership.usecases import end_guardianship as ending
from gymhopper.contexts.membership.usecases.register_member import RegisterMember
from gymhopper.kernel.errors import NotFound

router = APIRouter(tags=["families"])


class DependentRegistration(Profile):
    """A child, with what the guardian agreed to. The birth date is needed."""

    agreement: AgreementField


class DependentCreated(MemberCreated):
    """The child as a member, and the guardianship that began with it."""

    guardianship_id: UUID


class NewGuardian(Request):
    """The member who is to be the guardian."""

    guardian_id: UUID


class RelativeAnswer(BaseModel):
    """A guardian or a dependent."""

    guardianship_id: UUID
    organisation_id: UUID
    member_id: UUID
    person_id: UUID
    first_name: str
    last_name: str
    began_at: datetime


class RelativeList(BaseModel):
    """Guardians or dependents, in the order in which they became so."""

    items: list[RelativeAnswer]


class GuardianshipAnswer(BaseModel):
    """A guardianship that began."""

    id: UUID
    guardian_id: UUID
    dependent_id: UUID
    began_at: datetime


@router.post(
    "/members/{member_id}/dependents", status_code=201, summary="Register a child beside a member"
)
async def register_dependent(
    member_id: UUID,
    body: DependentRegistration,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> DependentCreated:
    """The member is the guardian, whose account acts for the child until the child is 18. The child
    cannot sign in, and may have no e-mail address."""
    async with runtime.begin(caller) as uow:
        guardian = await member_ref(uow.connection, member_id)
        if guardian is None:
            raise NotFound("There is no member with this id.")
        child, begun = await beginning.register_dependent(
            uow,
            guardian.member_id,
            RegisterMember(
                organisation_id=guardian.organisation_id,
                first_name=body.first_name,
                last_name=body.last_name,
                contact=body.contact(uow.now.date()),
                agreement=body.agreement.value(),
            ),
        )
    made = member_created(child)
    return DependentCreated(**made.model_dump(), guardianship_id=begun.id)


@router.post("/members/{member_id}/guardians", status_code=201, summary="Give a child a guardian")
async def add_guardian(
    member_id: UUID,
    body: NewGuardian,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> GuardianshipAnswer:
    """There may be several. The guardian's account acts for the child from now on, at this gym."""
    async with runtime.begin(caller) as uow:
        begun = await beginning.begin_guardianship(uow, member_id, body.guardian_id)
    return GuardianshipAnswer(
        id=begun.id,
        guardian_id=begun.guardian_member_id,
        dependent_id=begun.dependent_member_id,
        began_at=begun.began_at,
    )


@router.delete(
    "/members/{member_id}/guardians/{guardianship_id}",
    status_code=204,
    summary="Take a child's guardian away",
)
async def remove_guardian(
    member_id: UUID,
    guardianship_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> None:
    """The guardian's account acts for the child no more. Without any guardian the child can be
    invited to an account."""
    async with runtime.begin(caller) as uow:
        await ending.end_guardianship(uow, member_id, guardianship_id)


@router.get("/members/{member_id}/guardians", summary="List the guardians of a member")
async def list_guardians(
    member_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("members:read")
) -> RelativeList:
    """Those who act for the member now."""
    async with runtime.read(caller) as connection:
        return _listed(await family.guardians(connection, member_id))


@router.get("/members/{member_id}/dependents", summary="List the dependents of a member")
async def list_dependents(
    member_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("members:read")
) -> RelativeList:
    """Those for whom the member acts now."""
    async with runtime.read(caller) as connection:
        return _listed(await family.dependents(connection, member_id))


@router.get("/me/dependents", summary="List one's own dependents")
async def list_my_dependents(
    runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> RelativeList:
    """Of the person for whom the session acts. `PUT /sessions/current/acting` with a dependent's
    `person_id` acts for that one."""
    if caller.person_id is None:
        return RelativeList(items=[])
    async with runtime.read(caller) as connection:
        return _listed(await family.dependents_of_person(connection, caller.person_id))


def _listed(found: list[Relative]) -> RelativeList:
    return RelativeList(
        items=[
            RelativeAnswer(
                guardianship_id=each.guardianship_id,
                organisation_id=each.organisation_id,
                member_id=each.member_id,
                person_id=each.person_id,
                first_name=each.first_name,
                last_name=each.last_name,
                began_at=each.began_at,
            )
            for each in found
        ]
    )
