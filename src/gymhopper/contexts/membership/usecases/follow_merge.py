"""Where a member was merged, venues that know the person as a guest know the survivor instead."""

from uuid import UUID

from sqlalchemy import delete, exists, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.follow_visit import follow_visit


async def follow_merge(
    uow: UnitOfWork, *, organisation_id: UUID, person_id: UUID, into_person_id: UUID
) -> None:
    """The survivor was where the merged person was.

    The former guest stays known only while some gym still has that person as a member: then the
    visits may have been that gym's.
    """
    seen = tables.visibility.c
    rows = await uow.connection.execute(
        select(seen.organisation_id, seen.since, seen.last).where(seen.person_id == person_id)
    )
    for row in rows:
        for at in (row.since, row.last):
            await follow_visit(
                uow, person_id=into_person_id, host=row.organisation_id, home=organisation_id, at=at
            )
    elsewhere = exists().where(tables.member.c.person_id == person_id)
    await uow.connection.execute(
        delete(tables.visibility).where(seen.person_id == person_id, ~elsewhere)
    )
