"""Change who an employee is and how to reach them."""

from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.staff.domain.employee import Contact, Employee
from gymhopper.contexts.staff.storage.sealing import ContactSeal
from gymhopper.contexts.staff.usecases.reach import Reach


async def change_employee(
    uow: UnitOfWork,
    reach: Reach,
    employee_id: UUID,
    *,
    first_name: str,
    last_name: str,
    contact: Contact,
    expected: Expected = ANY,
) -> Employee:
    """Replace names and contact data.

    Raises NotFound, RoleExceedsYours or Forbidden for an employee who may do more than the caller
    (see `Reach.require_over`), and VersionMismatch for another version than expected.
    """
    employee = await uow.get(Employee, employee_id)
    await reach.require_over(uow, employee.id)
    expected.require(employee)
    employee.first_name = first_name
    employee.last_name = last_name
    employee.contact = ContactSeal(uow.runtime.secrets).seal(employee.id, contact)
    employee.version += 1
    return employee
