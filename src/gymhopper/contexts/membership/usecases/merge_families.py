"""Guardianships follow a member who is merged."""

from sqlalchemy import and_, exists, or_, select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.guardianship import Guardianship
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.merged_member import GuardianAndDependent
from gymhopper.contexts.membership.storage.people_tables import guardianship
from gymhopper.contexts.membership.usecases.end_guardianship import end

_SIDES = (("guardian", "dependent"), ("dependent", "guardian"))


async def not_two_people(uow: UnitOfWork, survivor: Member, duplicate: Member) -> None:
    """Raise GuardianAndDependent when one guards the other."""
    of, both = guardianship.c, [survivor.id, duplicate.id]
    related = exists().where(
        of.ended_at.is_(None),
        of.guardian_member_id.in_(both),
        of.dependent_member_id.in_(both),
    )
    if (await uow.connection.execute(select(related))).scalar():
        raise GuardianAndDependent("One is the other's guardian: they are two people.")


async def merge_families(uow: UnitOfWork, survivor: Member, duplicate: Member) -> None:
    """The survivor has the duplicate's guardians and dependents; each of them once."""
    of, known = guardianship.c, guardianship.alias()
    for side, other in _SIDES:
        twice = select(Guardianship).where(
            of.ended_at.is_(None),
            of[f"{side}_member_id"] == duplicate.id,
            exists().where(
                known.c.ended_at.is_(None),
                known.c[f"{side}_member_id"] == survivor.id,
                known.c[f"{other}_member_id"] == of[f"{other}_member_id"],
            ),
        )
        for each in await uow.session.scalars(twice.with_for_update()):
            end(uow, each)
    await uow.session.flush()
    for side, other in _SIDES:
        # What is over and was between the two of them stays with the one who is left to name.
        await uow.connection.execute(
            update(guardianship)
            .where(of[f"{side}_member_id"] == duplicate.id, of[f"{other}_member_id"] != survivor.id)
            .values(
                {
                    f"{side}_member_id": survivor.id,
                    f"{side}_person_id": survivor.person_id,
                    "version": of.version + 1,
                }
            )
        )
    await uow.connection.execute(
        guardianship.delete().where(
            or_(
                and_(of.guardian_member_id == duplicate.id, of.dependent_member_id == survivor.id),
                and_(of.guardian_member_id == survivor.id, of.dependent_member_id == duplicate.id),
            )
        )
    )
