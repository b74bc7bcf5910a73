"""Routes of instructors: the names in the timetable."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.scheduling.http.fields import Name, Patch, Request, organisations
from gymhopper.contexts.scheduling.queries import catalogue
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases import keep_instructor as keeping
from gymhopper.contracts.staff.api import StaffApi
from gymhopper.kernel.errors import NotFound

router = APIRouter(prefix="/instructors", tags=["instructors"])


class NewInstructor(Request):
    """Somebody who teaches; `employee_id` where it is one of the staff."""

    organisation_id: UUID | None = None
    employee_id: UUID | None = None
    name: Name = Field(examples=["Grace"], description="As the timetable calls them.")


class ChangedInstructor(Patch):
    """A merge patch (RFC 7396): what is absent stays."""

    name: Name | None = None
    retired: bool | None = Field(default=None, description="Teaches nothing new.")


class Instructor(BaseModel):
    """A name in the timetable."""

    id: UUID
    organisation_id: UUID
    name: str
    created_at: datetime
    retired_at: datetime | None


class InstructorPage(Page[Instructor]):
    """Some of the instructors."""


class InstructorQuery(PageQuery):
    """Whose, and whether those as well who do not teach any more."""

    organisation_id: UUID | None = None
    retired: bool = False


@router.post("", status_code=201, summary="Add an instructor")
async def create_instructor(
    body: NewInstructor,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> Instructor:
    """Teaches one class at a time. An employee is an instructor once."""
    organisation_id = await tenant(runtime, caller, body.organisation_id)
    employee = None
    if body.employee_id is not None:
        employee = await runtime.api(StaffApi).employee(employee_id=body.employee_id)
        if employee is None:
            raise NotFound("There is no employee with this id.", field="employee_id")
    async with runtime.begin(caller) as uow:
        made = await keeping.add_instructor(
            uow, organisation_id=organisation_id, name=body.name, employee=employee
        )
    set_etag(response, made.version)
    return _shown(made)


@router.get("", summary="List instructors")
async def list_instructors(
    query: Annotated[InstructorQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> InstructorPage:
    """Those of the caller's gyms, oldest first."""
    async with runtime.read(caller) as connection:
        found = await catalogue.several(
            connection,
            tables.instructor,
            organisations(caller, query.organisation_id),
            retired=query.retired,
            after=query.after(UUID),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return InstructorPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{instructor_id}", summary="Read an instructor")
async def get_instructor(
    instructor_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> Instructor:
    """Of one of the caller's gyms."""
    async with runtime.read(caller) as connection:
        found = await catalogue.one(
            connection, tables.instructor, instructor_id, organisations(caller)
        )
    set_etag(response, found.version)
    return _shown(found)


@router.patch("/{instructor_id}", summary="Change an instructor")
async def change_instructor(
    instructor_id: UUID,
    body: ChangedInstructor,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> Instructor:
    """Classes that they teach stay theirs; see there for substitutes."""
    async with runtime.begin(caller) as uow:
        found = await keeping.change_instructor(uow, instructor_id, body.given(), expected)
    set_etag(response, found.version)
    return _shown(found)


def _shown(found: Any) -> Instructor:
    """Of a row or of the thing itself, whose fields have the same names."""
    return Instructor(
        id=found.id,
        organisation_id=found.organisation_id,
        name=found.name,
        created_at=found.created_at,
        retired_at=found.retired_at,
    )
