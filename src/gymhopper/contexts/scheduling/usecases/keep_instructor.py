"""Put somebody who teaches on the list, and change what it says."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.errors import EmployeeKnown
from gymhopper.contexts.scheduling.domain.instructor import Instructor
from gymhopper.contexts.scheduling.usecases.reach import held
from gymhopper.contracts.staff.api import Employee
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id


async def add_instructor(
    uow: UnitOfWork, *, organisation_id: UUID, name: str, employee: Employee | None
) -> Instructor:
    """Somebody who teaches. Raises NotFound when the employee is not the organisation's,
    EmployeeKnown, and Forbidden for callers who are limited to a place."""
    uow.subject.require_place()
    if employee is not None and employee.organisation_id != organisation_id:
        raise NotFound("There is no employee with this id.", field="employee_id")
    made = Instructor(
        id=new_id(),
        organisation_id=organisation_id,
        employee_id=None if employee is None else employee.employee_id,
        name=name,
        created_at=uow.now,
        version=1,
    )
    uow.add(made)
    try:
        await uow.flush()
    except IntegrityError as error:
        raise EmployeeKnown("This employee teaches already.", field="employee_id") from error
    return made


async def change_instructor(
    uow: UnitOfWork, instructor_id: UUID, given: Mapping[str, Any], expected: Expected = ANY
) -> Instructor:
    """Raises NotFound, VersionMismatch, Forbidden."""
    found = await held(uow, Instructor, instructor_id, "instructor")
    uow.subject.require_place()
    expected.require(found)
    found.change(given, uow.now)
    if uow.session.is_modified(found):
        found.version += 1
    await uow.flush()
    return found
