"""Two people of an organisation are one: whoever acted for either there acts for the survivor.

What other organisations vouched for stays with the merged person.
"""

from uuid import UUID

from sqlalchemy import and_, delete, exists, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.storage.acting_tables import (
    acting,
    guardianship,
    impersonation,
    invitation,
    merged_person,
    person_link,
)


async def follow_merge(
    uow: UnitOfWork,
    *,
    organisation_id: UUID,
    member_id: UUID,
    person_id: UUID,
    into_member_id: UUID,
    into_person_id: UUID,
) -> None:
    """Accounts, open invitations and what supporters looked at follow the survivor.

    Merges of one person after another may be told of in any order.
    """
    into_person_id = await survivor(uow, organisation_id, into_person_id)
    remember = insert(merged_person).values(
        organisation_id=organisation_id, person_id=person_id, into_person_id=into_person_id
    )
    told = {"into_person_id": into_person_id}
    await uow.connection.execute(
        remember.on_conflict_do_update(index_elements=["organisation_id", "person_id"], set_=told)
    )
    known = merged_person.c
    await uow.connection.execute(
        update(merged_person)
        .where(known.organisation_id == organisation_id, known.into_person_id == person_id)
        .values(told)
    )
    await _links(uow, organisation_id, person_id, into_person_id)
    for column in (guardianship.c.guardian_person_id, guardianship.c.dependent_person_id):
        await uow.connection.execute(
            update(guardianship)
            .where(guardianship.c.organisation_id == organisation_id, column == person_id)
            .values({column.name: into_person_id})
        )
    for table in (invitation, impersonation):
        await uow.connection.execute(
            update(table)
            .where(table.c.organisation_id == organisation_id, table.c.member_id == member_id)
            .values(member_id=into_member_id, person_id=into_person_id)
        )


async def survivor(uow: UnitOfWork, organisation_id: UUID, person_id: UUID) -> UUID:
    """Who the person is now at the organisation."""
    known = merged_person.c
    asked = select(known.into_person_id).where(
        known.organisation_id == organisation_id, known.person_id == person_id
    )
    return await uow.connection.scalar(asked) or person_id


async def _links(
    uow: UnitOfWork, organisation_id: UUID, person_id: UUID, into_person_id: UUID
) -> None:
    link, now = person_link.c, acting.c
    theirs = and_(link.person_id == person_id, link.organisation_id == organisation_id)
    moved = insert(person_link).from_select(
        ["account_id", "person_id", "organisation_id", "linked_at"],
        select(
            link.account_id, literal(into_person_id), link.organisation_id, link.linked_at
        ).where(theirs),
    )
    accounts = (await uow.connection.execute(select(link.account_id).where(theirs))).scalars().all()
    await uow.connection.execute(moved.on_conflict_do_nothing())
    await uow.connection.execute(delete(person_link).where(theirs))
    # A session that acts for the former person and may not any more goes on for the survivor.
    other = person_link.alias()
    still = exists().where(other.c.account_id == now.account_id, other.c.person_id == now.person_id)
    await uow.connection.execute(
        update(acting)
        .where(now.account_id.in_(accounts), now.person_id == person_id, ~still)
        .values(person_id=into_person_id)
    )
    sessions = select(now.session_id).where(now.account_id.in_(accounts))
    memory(uow.runtime).forget(*await uow.session.scalars(sessions))
