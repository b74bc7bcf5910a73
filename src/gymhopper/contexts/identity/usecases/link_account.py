"""Let an account act for an employee, or for a person."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.storage.acting_tables import acting, employee_link, person_link
from gymhopper.contexts.identity.usecases.follow_merge import survivor


async def link_employee(
    uow: UnitOfWork, *, account_id: UUID, employee_id: UUID, organisation_id: UUID
) -> None:
    """From now on this account is the employee's, and no other one."""
    told = {"account_id": account_id, "linked_at": uow.now}
    statement = insert(employee_link).values(
        employee_id=employee_id, organisation_id=organisation_id, **told
    )
    await uow.connection.execute(
        statement.on_conflict_do_update(index_elements=["employee_id"], set_=told)
    )


async def link_person(
    uow: UnitOfWork, *, account_id: UUID, person_id: UUID, organisation_id: UUID
) -> None:
    """This account, too, may act for the person, within the organisation that vouches for it.

    Another organisation's word widens it; the same one's, again, changes nothing. For a person whom
    the organisation has merged into another it is that one.
    """
    person_id = await survivor(uow, organisation_id, person_id)
    statement = insert(person_link).values(
        account_id=account_id,
        person_id=person_id,
        organisation_id=organisation_id,
        linked_at=uow.now,
    )
    await uow.connection.execute(
        statement.on_conflict_do_nothing(
            index_elements=["account_id", "person_id", "organisation_id"]
        )
    )
    sessions = select(acting.c.session_id).where(
        acting.c.account_id == account_id, acting.c.person_id == person_id
    )
    memory(uow.runtime).forget(*await uow.session.scalars(sessions))
