"""Two people of an organisation are one: what is owed and paid there is the survivor's."""

from uuid import UUID

from sqlalchemy import exists, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.storage.tables import billing_account, metadata


async def follow_merge(
    uow: UnitOfWork, *, organisation_id: UUID, person_id: UUID, into_person_id: UUID
) -> None:
    """Have every row of the organisation's about the person be about the survivor.

    What refers comes after what is referred to, so that whoever holds an account or dues and adds
    to it has added before its rows are moved. Where the survivor has an account already,
    the other one stays beside it: each has customers of its own, and claims know theirs.
    """
    for table in metadata.sorted_tables:
        if "person_id" not in table.c or "organisation_id" not in table.c:
            continue
        of = table.c
        moved = update(table).where(
            of.organisation_id == organisation_id, of.person_id == person_id
        )
        if table is billing_account:
            own = billing_account.alias()
            moved = moved.where(
                (of.kind != "person")
                | ~exists().where(
                    own.c.kind == "person",
                    own.c.organisation_id == organisation_id,
                    own.c.person_id == into_person_id,
                )
            )
        await uow.connection.execute(moved.values(person_id=into_person_id))
