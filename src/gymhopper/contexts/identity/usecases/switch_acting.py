"""Let a session act for somebody else, for another assignment, or for nobody."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.audit.acts import Act
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.roles import GRANTED
from gymhopper.contexts.identity.queries import acting as queries
from gymhopper.contexts.identity.storage.acting_tables import acting
from gymhopper.contexts.identity.usecases.end_impersonation import end_impersonation_of
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An assignment, or a person, or nobody."""

    assignment_id: UUID | None = None
    person_id: UUID | None = None


async def switch_acting(
    uow: UnitOfWork, *, session_id: UUID, account_id: UUID, choice: Choice
) -> None:
    """Act for the choice from now on; looking through a member's eyes ends with it.

    Raises NotFound for what the account may not act for now.
    """
    held = await queries.assignments_of(uow.connection, account_id, uow.now)
    if choice.assignment_id not in {None, *(each.id for each in held)}:
        raise NotFound("There is no assignment of yours with this id.", field="assignment_id")
    if choice.person_id is not None:
        persons = await queries.persons_of(uow.connection, account_id)
        if choice.person_id not in {each.person_id for each in persons}:
            raise NotFound("You act for no person with this id.", field="person_id")
    await end_impersonation_of(uow, session_id)
    await choose(uow, session_id=session_id, account_id=account_id, choice=choice)
    _tell(uow, session_id, account_id, held, choice)


async def begin_acting(
    uow: UnitOfWork, *, session_id: UUID, account_id: UUID, administrator: bool
) -> None:
    """What a new session acts for: the only thing that it may, else what the account acted for
    last, else the only thing apart from dependents. Administrators of the platform begin as such.
    """
    if administrator:
        return
    held = await queries.assignments_of(uow.connection, account_id, uow.now)
    persons = await queries.persons_of(uow.connection, account_id)
    possible = [Choice(assignment_id=each.id) for each in held]
    possible += [Choice(person_id=each.person_id) for each in persons]
    if len(possible) > 1:
        last = await queries.last_chosen(uow.connection, account_id)
        again = [each for each in possible if last == (each.assignment_id, each.person_id)]
        dependents = {each.person_id for each in persons if each.dependent}
        own = [each for each in possible if each.person_id not in dependents]
        possible = again or (own if len(own) == 1 else [])
    if possible:
        await choose(uow, session_id=session_id, account_id=account_id, choice=possible[0])
        _tell(uow, session_id, account_id, held, possible[0])


def _tell(
    uow: UnitOfWork,
    session_id: UUID,
    account_id: UUID,
    held: list[queries.HeldAssignment],
    choice: Choice,
) -> None:
    """A sign-in is no organisation's; that somebody begins to act for one is its to know."""
    for each in held:
        if each.id == choice.assignment_id and each.role in GRANTED:
            act = Act(
                action="began_to_act",
                actor=f"{GRANTED[each.role].kind}:{account_id}",
                organisation_id=each.organisation_id,
                about=(("identity.session", session_id),),
                detail={"assignment_id": str(each.id), "role": each.role},
            )
            uow.note_act(act)


async def choose(uow: UnitOfWork, *, session_id: UUID, account_id: UUID, choice: Choice) -> None:
    """Store the choice."""
    told = {
        "assignment_id": choice.assignment_id,
        "person_id": choice.person_id,
        "chosen_at": uow.now,
    }
    statement = insert(acting).values(session_id=session_id, account_id=account_id, **told)
    await uow.connection.execute(
        statement.on_conflict_do_update(index_elements=["session_id"], set_=told)
    )
