"""Keep a copy of what staff says about roles, so that signing in asks nobody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.storage.acting_tables import assignment
from gymhopper.contracts.staff.events import AssignmentGranted


async def take_over_assignment(uow: UnitOfWork, granted: AssignmentGranted, version: int) -> None:
    """Store a new assignment; one that is known changes nothing."""
    statement = insert(assignment).values(
        id=granted.assignment_id,
        organisation_id=granted.organisation_id,
        employee_id=granted.employee_id,
        role=granted.role,
        legal_entity_id=granted.legal_entity_id,
        location_id=granted.location_id,
        start_at=granted.start,
        until_at=granted.until,
        version=version,
    )
    await uow.connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))


async def end_assignment(
    uow: UnitOfWork, assignment_id: UUID, until: datetime, version: int
) -> None:
    """Store when it ends; older news change nothing."""
    known = assignment.c
    await uow.connection.execute(
        update(assignment)
        .where(known.id == assignment_id, known.version < version)
        .values(until_at=until, version=version)
    )
