"""End guardianships: by decision, and when dependents come of age."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.guardianship import Guardianship, of_age
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.person import Person
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.people_tables import guardianship
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contracts.membership.events import GuardianshipEnded
from gymhopper.kernel.errors import NotFound

BATCH = 500


async def end_guardianship(uow: UnitOfWork, dependent_id: UUID, guardianship_id: UUID) -> None:
    """The guardian acts for the dependent no more; NotFound when that is so already."""
    dependent = await uow.get(Member, dependent_id)
    found = await uow.get(Guardianship, guardianship_id)
    if found.dependent_member_id != dependent_id or found.ended_at is not None:
        raise NotFound("There is no guardianship with this id.")
    end(uow, found)
    dependent.version += 1


async def hand_over(uow: UnitOfWork) -> None:
    """End the guardianships of all who are of age today; they may be invited from now on.

    The birth dates of dependents are opened for this, one after another, and nothing is written
    down of when their day will come.
    """
    seal, today, last = ContactSeal(uow.runtime.secrets), uow.now.date(), UUID(int=0)
    while minors := await _dependents(uow, last):
        last = minors[-1].id
        for person in minors:
            born = seal.birth_date(person)
            if born is not None and of_age(born, today):
                await _come_of_age(uow, person.id)
            uow.session.expunge(person)


async def _dependents(uow: UnitOfWork, after: UUID) -> Sequence[Person]:
    of = guardianship.c
    live = select(of.dependent_person_id).where(of.ended_at.is_(None))
    key = tables.person.c.id
    people = select(Person).where(key.in_(live), key > after).order_by(key).limit(BATCH)
    return (await uow.session.scalars(people)).all()


async def _come_of_age(uow: UnitOfWork, person_id: UUID) -> None:
    of = guardianship.c
    live = select(Guardianship).where(of.dependent_person_id == person_id, of.ended_at.is_(None))
    # A member's row is held before what belongs to it, here as everywhere.
    for member_id in {each.dependent_member_id for each in await uow.session.scalars(live)}:
        member = await uow.get(Member, member_id)
        member.version += 1
    again = live.with_for_update().execution_options(populate_existing=True)
    for each in await uow.session.scalars(again):
        end(uow, each)


def end(uow: UnitOfWork, found: Guardianship) -> None:
    """It is over now."""
    found.ended_at = uow.now
    uow.record(
        found,
        GuardianshipEnded(
            guardianship_id=found.id,
            organisation_id=found.organisation_id,
            guardian_person_id=found.guardian_person_id,
            dependent_person_id=found.dependent_person_id,
        ),
        organisation_id=found.organisation_id,
    )
