"""A guardian's accounts act for the dependent, within the organisation that says so.

No link is stored for that: whether an account reaches a dependent follows from its link to the
guardian and from the guardianship, so that neither may come first (`queries/reach.py`).
"""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.storage.acting_tables import acting, guardianship, person_link
from gymhopper.contexts.identity.usecases.follow_merge import survivor
from gymhopper.contracts.membership.events import GuardianshipBegan, GuardianshipEnded

Told = GuardianshipBegan | GuardianshipEnded


async def guardianship_began(uow: UnitOfWork, told: GuardianshipBegan, version: int) -> None:
    """From now on; news that are older than what is known change nothing."""
    await _store(uow, told, version)


async def guardianship_ended(uow: UnitOfWork, told: GuardianshipEnded, version: int) -> None:
    """The guardian's accounts reach the dependent no more, whoever had linked them."""
    guardian, dependent = await _store(uow, told, version)
    link, now = person_link.c, acting.c
    accounts = select(link.account_id).where(
        link.person_id == guardian, link.organisation_id == told.organisation_id
    )
    await uow.connection.execute(
        delete(person_link).where(
            link.person_id == dependent,
            link.organisation_id == told.organisation_id,
            link.account_id.in_(accounts),
        )
    )
    sessions = select(now.session_id).where(now.person_id == dependent)
    memory(uow.runtime).forget(*await uow.session.scalars(sessions))


async def _store(uow: UnitOfWork, told: Told, version: int) -> tuple[UUID, UUID]:
    """Keep what was told; returns who the two are now."""
    guardian = await survivor(uow, told.organisation_id, told.guardian_person_id)
    dependent = await survivor(uow, told.organisation_id, told.dependent_person_id)
    ended = uow.now if isinstance(told, GuardianshipEnded) else None
    known = guardianship.c
    statement = insert(guardianship).values(
        id=told.guardianship_id,
        organisation_id=told.organisation_id,
        guardian_person_id=guardian,
        dependent_person_id=dependent,
        began_at=uow.now,
        ended_at=ended,
        version=version,
    )
    await uow.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"ended_at": ended, "version": version},
            where=known.version < version,
        )
    )
    return guardian, dependent
