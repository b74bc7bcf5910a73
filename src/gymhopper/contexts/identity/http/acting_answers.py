"""For whom a session acts and may act, as answers have it, with names for the ids."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.queries import acting as queries
from gymhopper.contexts.identity.recognition.sessions import session_caller
from gymhopper.contracts.identity.api import Caller
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.venues.api import VenuesApi
from gymhopper.kernel.errors import Unauthenticated, Unavailable


class AssignmentChoice(BaseModel):
    """A role that is in force now: up to but without `until`, where that is known."""

    assignment_id: UUID
    organisation_id: UUID
    organisation_name: str | None = Field(description="Null while nobody can be asked for it.")
    role: str
    legal_entity_id: UUID | None
    location_id: UUID | None
    until: AwareDatetime | None


class PersonChoice(BaseModel):
    """A member: oneself, or a child."""

    person_id: UUID
    first_name: str | None = Field(description="Null while nobody can be asked for it.")
    last_name: str | None
    organisation_ids: list[UUID] = Field(
        description="The gyms whose invitation was accepted: what is shown is what they have."
    )


class MayActFor(BaseModel):
    """What a session of this account may act for."""

    assignments: list[AssignmentChoice]
    persons: list[PersonChoice]


class Acting(BaseModel):
    """What the session acts for: the one of these that is set, or, as its `kind` says, nobody."""

    kind: Literal["nobody", "assignment", "person", "administrator"]
    assignment: AssignmentChoice | None = None
    person: PersonChoice | None = None
    impersonating: bool = Field(
        default=False, description="A supporter looks through the person's eyes."
    )
    scopes: list[str] = Field(description="What the session may do; see `GET /roles`.")


async def choices(runtime: Runtime, account_id: UUID) -> MayActFor:
    """All that the account may act for now."""
    async with runtime.read(SERVICE) as connection:
        held = await queries.assignments_of(connection, account_id, runtime.clock.now())
        persons = await queries.persons_of(connection, account_id)
    organisations = {
        each: await _organisation_name(runtime, each)
        for each in {one.organisation_id for one in held}
    }
    return MayActFor(
        assignments=[
            AssignmentChoice(
                assignment_id=each.id,
                organisation_id=each.organisation_id,
                organisation_name=organisations[each.organisation_id],
                role=each.role,
                legal_entity_id=each.legal_entity_id,
                location_id=each.location_id,
                until=each.until_at,
            )
            for each in held
        ],
        persons=await _persons(runtime, persons),
    )


async def acting_now(runtime: Runtime, caller: AuthSubject | Caller, may: MayActFor) -> Acting:
    """What the caller acts for, found among what it may act for."""
    scopes = sorted(caller.scopes)
    if caller.everywhere:
        return Acting(kind="administrator", scopes=scopes)
    assignment = next(
        (each for each in may.assignments if each.assignment_id == caller.assignment_id), None
    )
    if caller.person_id is not None:
        known = [each for each in may.persons if each.person_id == caller.person_id]
        [person] = known or await _persons(
            runtime, [queries.HeldPerson(person_id=caller.person_id, within=caller.within)]
        )
        return Acting(
            kind="person",
            assignment=assignment,
            person=person,
            impersonating=caller.impersonator is not None,
            scopes=scopes,
        )
    if assignment is None:
        return Acting(kind="nobody", scopes=scopes)
    return Acting(kind="assignment", assignment=assignment, scopes=scopes)


async def present_acting(runtime: Runtime, session_id: UUID) -> Acting:
    """What the session acts for after a change, which the process takes note of."""
    memory(runtime).forget(session_id)
    caller = await session_caller(runtime, session_id)
    if caller is None:
        raise Unauthenticated("This session has ended.")
    return await acting_now(runtime, caller, await choices(runtime, caller.id))


async def _organisation_name(runtime: Runtime, organisation_id: UUID) -> str | None:
    try:
        found = await runtime.api(VenuesApi).organisation(organisation_id=organisation_id)
    except Unavailable:
        return None
    return found.name if found else None


async def _persons(runtime: Runtime, held: list[queries.HeldPerson]) -> list[PersonChoice]:
    names = {}
    if held:
        try:
            found = await runtime.api(MembershipApi).names(
                person_ids=tuple(each.person_id for each in held)
            )
            names = {each.person_id: each for each in found}
        except Unavailable:
            names = {}
    return [
        PersonChoice(
            person_id=each.person_id,
            first_name=names[each.person_id].first_name if each.person_id in names else None,
            last_name=names[each.person_id].last_name if each.person_id in names else None,
            organisation_ids=list(each.within),
        )
        for each in held
    ]
