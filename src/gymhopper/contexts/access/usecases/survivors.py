"""Who people are now whom their organisation merged."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
import sqlalchemy as sa

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.storage.tables import merged_person

Known = tuple[UUID, UUID]
"""An organisation, and a person as that one knew them."""


class Survivor(msgspec.Struct, frozen=True):
    """Who the person is now."""

    member_id: UUID
    person_id: UUID


async def survivors(uow: UnitOfWork, people: Iterable[UUID]) -> dict[Known, Survivor]:
    """Those of the people who were merged, by the organisation that did."""
    merged = merged_person.c
    rows = await uow.connection.execute(
        sa.select(merged_person).where(merged.person_id.in_(set(people)))
    )
    return {
        (row.organisation_id, row.person_id): Survivor(row.into_member_id, row.into_person_id)
        for row in rows
    }
