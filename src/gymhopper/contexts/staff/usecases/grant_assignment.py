"""Give an employee a role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.staff.domain.assignment import Assignment, checked_dates
from gymhopper.contexts.staff.domain.employee import Employee
from gymhopper.contexts.staff.usecases.reach import Reach
from gymhopper.contracts.staff.events import AssignmentGranted
from gymhopper.contracts.venues.api import VenuesApi
from gymhopper.kernel.errors import Conflict, InvalidInput, NotFound
from gymhopper.kernel.ids import new_id


class RoleNotHere(Conflict):
    """The role belongs to another kind of organisation."""

    code = "role_not_here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an assignment holds, with whose place it is and what kind of organisation that is."""

    organisation_id: UUID
    organisation_kind: str
    legal_entity_id: UUID | None = None
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantAssignment:
    """`start` None begins now; `until` None has no end yet."""

    employee_id: UUID
    role: str
    place: Place
    start: datetime | None = None
    until: datetime | None = None


async def find_place(
    runtime: Runtime, organisation_id: UUID, legal_entity_id: UUID | None, location_id: UUID | None
) -> Place:
    """The place, as venues know it: ask before the unit of work begins.

    Raises NotFound for places of other organisations, and InvalidInput when the location is not
    one of the legal entity's.
    """
    venues = runtime.api(VenuesApi)
    organisation = await venues.organisation(organisation_id=organisation_id)
    if organisation is None:
        raise NotFound("There is no organisation with this id.")
    if location_id is not None:
        location = await venues.location(location_id=location_id)
        if location is None or location.organisation_id != organisation_id:
            raise NotFound("There is no location with this id.", field="location_id")
        if legal_entity_id not in {None, location.legal_entity_id}:
            raise InvalidInput(
                "This legal entity sells at other locations.", field="legal_entity_id"
            )
        legal_entity_id = location.legal_entity_id
    elif legal_entity_id is not None:
        entity = await venues.legal_entity(legal_entity_id=legal_entity_id)
        if entity is None or entity.organisation_id != organisation_id:
            raise NotFound("There is no legal entity with this id.", field="legal_entity_id")
    return Place(
        organisation_id=organisation_id,
        organisation_kind=organisation.kind,
        legal_entity_id=legal_entity_id,
        location_id=location_id,
    )


async def grant_assignment(uow: UnitOfWork, reach: Reach, command: GrantAssignment) -> Assignment:
    """Grant the role.

    Raises NotFound, InvalidInput for the dates, RoleNotHere, and RoleExceedsYours or Forbidden
    when the caller could not do all that themselves.
    """
    place = command.place
    employee = await uow.get(Employee, command.employee_id)
    if employee.organisation_id != place.organisation_id:
        raise NotFound("There is no employee with this id.")
    role = reach.role(command.role)
    if role.organisation_kind not in {None, place.organisation_kind}:
        raise RoleNotHere(f"The role {role.name} is for a {role.organisation_kind}.", field="role")
    reach.require(role.name, legal_entity_id=place.legal_entity_id, location_id=place.location_id)
    start, until = checked_dates(command.start or uow.now, command.until)
    assignment = Assignment(
        id=new_id(),
        organisation_id=place.organisation_id,
        employee_id=employee.id,
        role=role.name,
        legal_entity_id=place.legal_entity_id,
        location_id=place.location_id,
        start_at=start,
        until_at=until,
    )
    uow.add(assignment)
    granted = AssignmentGranted(
        assignment_id=assignment.id,
        employee_id=employee.id,
        organisation_id=assignment.organisation_id,
        role=assignment.role,
        legal_entity_id=assignment.legal_entity_id,
        location_id=assignment.location_id,
        start=start,
        until=until,
    )
    uow.record(assignment, granted, organisation_id=assignment.organisation_id)
    return assignment
