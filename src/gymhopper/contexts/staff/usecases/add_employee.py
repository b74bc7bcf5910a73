"""Somebody begins to work for an organisation."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.staff.domain.employee import Contact, Employee
from gymhopper.contexts.staff.storage.sealing import ContactSeal
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEmployee:
    """Who works for which organisation."""

    organisation_id: UUID
    first_name: str
    last_name: str
    contact: Contact


async def add_employee(uow: UnitOfWork, command: AddEmployee) -> Employee:
    """Add the employee, who may do nothing until an assignment says so."""
    employee = Employee(
        id=(key := new_id()),
        organisation_id=command.organisation_id,
        first_name=command.first_name,
        last_name=command.last_name,
        contact=ContactSeal(uow.runtime.secrets).seal(key, command.contact),
        created_at=uow.now,
    )
    uow.add(employee)
    return employee
