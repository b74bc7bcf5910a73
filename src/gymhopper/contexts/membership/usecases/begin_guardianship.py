"""Make a member the guardian of another, who is a minor."""

from uuid import UUID

from sqlalchemy import exists, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.guardianship import (
    AlreadyGuardian,
    BirthDateNeeded,
    CannotGuard,
    Guardianship,
    NotAMinor,
    of_age,
)
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.person import Person
from gymhopper.contexts.membership.storage.people_tables import guardianship
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contexts.membership.usecases.register_member import (
    RegisteredMember,
    RegisterMember,
    register_member,
)
from gymhopper.contracts.membership.events import GuardianshipBegan
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id


async def register_dependent(
    uow: UnitOfWork, guardian_id: UUID, command: RegisterMember
) -> tuple[RegisteredMember, Guardianship]:
    """Register a child beside a member, who is the guardian from now on.

    Raises NotFound when there is no such member at that organisation, and what
    `begin_guardianship` raises.
    """
    guardian = await uow.get(Member, guardian_id)
    if guardian.organisation_id != command.organisation_id:
        raise NotFound("There is no member with this id.")
    child = await register_member(uow, command)
    return child, await begin_guardianship(uow, child.member_id, guardian_id)


async def begin_guardianship(
    uow: UnitOfWork, dependent_id: UUID, guardian_id: UUID
) -> Guardianship:
    """From now on the guardian's account acts for the dependent at this organisation.

    Raises NotFound for members that are not there or not of one organisation, BirthDateNeeded and
    NotAMinor about the dependent, CannotGuard, and AlreadyGuardian.
    """
    if dependent_id == guardian_id:
        raise CannotGuard("Nobody is their own guardian.", field="guardian_id")
    held = {each: await uow.get(Member, each) for each in sorted((dependent_id, guardian_id))}
    dependent, guardian = held[dependent_id], held[guardian_id]
    if dependent.organisation_id != guardian.organisation_id:
        raise NotFound("There is no member with this id.", field="guardian_id")
    await _are_fit(uow, dependent, guardian)
    begun = Guardianship(
        id=new_id(),
        organisation_id=dependent.organisation_id,
        guardian_member_id=guardian.id,
        guardian_person_id=guardian.person_id,
        dependent_member_id=dependent.id,
        dependent_person_id=dependent.person_id,
        began_at=uow.now,
    )
    uow.add(begun)
    uow.record(
        begun,
        GuardianshipBegan(
            guardianship_id=begun.id,
            organisation_id=begun.organisation_id,
            guardian_person_id=begun.guardian_person_id,
            dependent_person_id=begun.dependent_person_id,
        ),
        organisation_id=begun.organisation_id,
    )
    dependent.version += 1
    return begun


async def _are_fit(uow: UnitOfWork, dependent: Member, guardian: Member) -> None:
    today = uow.now.date()
    seal = ContactSeal(uow.runtime.secrets)
    child = await uow.session.get_one(Person, dependent.person_id)
    born = seal.birth_date(child)
    if born is None:
        raise BirthDateNeeded("Write down the birth date first.", field="birth_date")
    if of_age(born, today):
        raise NotAMinor("This member is of age.", field="birth_date")
    adult = await uow.session.get_one(Person, guardian.person_id)
    theirs = seal.birth_date(adult)
    of = guardianship.c
    live = exists().where(of.ended_at.is_(None))
    guarded = live.where(of.dependent_member_id == guardian.id)
    guards = live.where(of.guardian_member_id == dependent.id)
    same = live.where(of.guardian_member_id == guardian.id, of.dependent_member_id == dependent.id)
    known = (await uow.connection.execute(select(guarded, guards, same))).one()
    if (theirs is not None and not of_age(theirs, today)) or known[0] or known[1]:
        raise CannotGuard("A guardian is of age and has no guardian.", field="guardian_id")
    if known[2]:
        raise AlreadyGuardian("This member is a guardian already.", field="guardian_id")
