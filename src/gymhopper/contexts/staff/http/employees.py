"""Employees over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.staff import queries
from gymhopper.contexts.staff.domain.employee import Contact
from gymhopper.contexts.staff.usecases import add_employee as adding
from gymhopper.contexts.staff.usecases import change_employee as changing
from gymhopper.contexts.staff.usecases.reach import Reach

router = APIRouter(prefix="/staff/employees", tags=["staff"])

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]


class EmployeeProfile(BaseModel):
    """Who somebody is, and how to reach them."""

    model_config = ConfigDict(extra="forbid")

    first_name: Name = Field(examples=["Grace"])
    last_name: Name = Field(examples=["Hopper"])
    email: str | None = Field(
        default=None,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$",
        examples=["grace@example.com"],
    )
    phone: str | None = Field(
        default=None, pattern=r"^\+?[0-9][0-9 ()./-]{3,30}$", examples=["+43 660 1234567"]
    )

    def contact(self) -> Contact:
        """The part that is kept encrypted."""
        return Contact(email=self.email, phone=self.phone)


class NewEmployee(EmployeeProfile):
    """Somebody who begins to work for an organisation."""

    organisation_id: UUID | None = Field(
        default=None, description="Platform administrators say for whom; others need not."
    )


class EmployeeCard(BaseModel):
    """What a list shows of an employee."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    organisation_id: UUID
    first_name: str
    last_name: str


class Employee(EmployeeCard):
    """An employee with contact data."""

    email: str | None
    phone: str | None
    created_at: AwareDatetime


class EmployeePage(Page[EmployeeCard]):
    """Some of the employees."""


@router.post("", status_code=201, summary="Add an employee")
async def add_employee(
    body: NewEmployee,
    runtime: CurrentRuntime,
    response: Response,
    caller: AuthSubject = scoped("staff:write"),
) -> Employee:
    """Somebody who works there. What they may do is said by assignments."""
    organisation_id = await tenant(runtime, caller, body.organisation_id)
    command = adding.AddEmployee(
        organisation_id=organisation_id,
        first_name=body.first_name,
        last_name=body.last_name,
        contact=body.contact(),
    )
    async with runtime.begin(caller) as uow:
        employee = await adding.add_employee(uow, command)
        await uow.flush()
        found = await queries.employee_view(uow.connection, employee.id, runtime.secrets)
    set_etag(response, found.version)
    return _shown(found)


@router.get("", summary="List employees")
async def list_employees(
    page: Paged,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("staff:read"),
) -> EmployeePage:
    """The organisation's employees, oldest first."""
    async with runtime.read(caller) as connection:
        found = await queries.employees(connection, after=page.after(UUID), limit=page.fetch)
    shown, next_cursor = page.cut(found, lambda each: each.id)
    return EmployeePage(
        items=[EmployeeCard.model_validate(each) for each in shown], next_cursor=next_cursor
    )


@router.get("/{employee_id}", summary="Read an employee")
async def get_employee(
    employee_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("staff:read"),
) -> Employee:
    """An employee with contact data in the clear."""
    async with runtime.read(caller) as connection:
        found = await queries.employee_view(connection, employee_id, runtime.secrets)
    await runtime.looked_at(
        caller, None, ("staff.employee", employee_id), organisation_id=found.organisation_id
    )
    response.headers["Cache-Control"] = "no-store"
    set_etag(response, found.version)
    return _shown(found)


@router.put("/{employee_id}", summary="Replace an employee's profile")
async def put_employee(
    employee_id: UUID,
    body: EmployeeProfile,
    runtime: CurrentRuntime,
    response: Response,
    expected: IfMatch,
    caller: AuthSubject = scoped("staff:write"),
) -> Employee:
    """Names and contact data become what is given; what is left out is deleted.

    Only of employees who may do nothing that the caller may not: whoever moves an address moves
    where the invitation goes.
    """
    reach = await Reach.of(runtime, caller)
    async with runtime.begin(caller) as uow:
        await changing.change_employee(
            uow,
            reach,
            employee_id,
            first_name=body.first_name,
            last_name=body.last_name,
            contact=body.contact(),
            expected=expected,
        )
        await uow.flush()
        found = await queries.employee_view(uow.connection, employee_id, runtime.secrets)
    set_etag(response, found.version)
    return _shown(found)


def _shown(view: queries.EmployeeView) -> Employee:
    return Employee(
        id=view.id,
        organisation_id=view.organisation_id,
        first_name=view.first_name,
        last_name=view.last_name,
        email=view.contact.email,
        phone=view.contact.phone,
        created_at=view.created_at,
    )
