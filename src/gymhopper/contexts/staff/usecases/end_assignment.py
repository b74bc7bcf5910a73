"""Take a role back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.staff.domain.assignment import OWNER, Assignment, LastOwner
from gymhopper.contexts.staff.storage import tables
from gymhopper.contexts.staff.usecases.reach import Reach
from gymhopper.contracts.staff.events import AssignmentEnded
from gymhopper.kernel.errors import NotFound


async def end_assignment(
    uow: UnitOfWork, reach: Reach, assignment_id: UUID, at: datetime | None
) -> Assignment:
    """End the assignment at `at`, or now; one that ends earlier anyway stays as it is.

    Raises NotFound, AssignmentOver, InvalidInput, RoleExceedsYours or Forbidden when the caller
    could not have granted it, and LastOwner, unless the caller is the platform's administrator.
    """
    seen = await uow.session.get(Assignment, assignment_id)
    if seen is None:
        raise NotFound("There is no assignment with this id.")
    at = at or uow.now
    owners = await _hold_owners(uow, seen.organisation_id) if seen.role == OWNER else []
    assignment = await uow.get(Assignment, assignment_id)
    reach.require(
        assignment.role,
        legal_entity_id=assignment.legal_entity_id,
        location_id=assignment.location_id,
    )
    owned = assignment.owns_for_good
    if not assignment.end(at, uow.now) or assignment.until_at is None:
        return assignment
    others = [each for each in owners if each.id != assignment.id and each.start_at <= at]
    if owned and not others and not uow.subject.everywhere:
        raise LastOwner("Somebody else must own the whole organisation first.")
    ended = AssignmentEnded(
        assignment_id=assignment.id,
        employee_id=assignment.employee_id,
        organisation_id=assignment.organisation_id,
        until=assignment.until_at,
    )
    uow.record(assignment, ended, organisation_id=assignment.organisation_id)
    return assignment


async def _hold_owners(uow: UnitOfWork, organisation_id: UUID) -> list[Assignment]:
    """Those who own the organisation for good, held so that two cannot end each other."""
    held = tables.assignment.c
    query = (
        select(Assignment)
        .where(
            held.organisation_id == organisation_id,
            held.role == OWNER,
            held.legal_entity_id.is_(None),
            held.until_at.is_(None),
        )
        .order_by(held.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(await uow.session.scalars(query))
