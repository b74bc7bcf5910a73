"""Assignments over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.contexts.staff import queries
from gymhopper.contexts.staff.domain.assignment import Assignment as Held
from gymhopper.contexts.staff.usecases import end_assignment as ending
from gymhopper.contexts.staff.usecases import grant_assignment as granting
from gymhopper.contexts.staff.usecases.reach import Reach

router = APIRouter(prefix="/staff", tags=["staff"])

RoleName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", examples=["front_desk"])]


class NewAssignment(BaseModel):
    """A role to be granted; see `GET /roles`. Without a place it holds everywhere in the
    organisation, without `start` from now on, without `until` for as long as nobody ends it."""

    model_config = ConfigDict(extra="forbid")

    role: RoleName
    legal_entity_id: UUID | None = None
    location_id: UUID | None = None
    start: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AssignmentEnd(BaseModel):
    """When an assignment is to end; now when that is not said."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime | None = Field(default=None, examples=["2026-12-31T23:00:00Z"])


class Assignment(BaseModel):
    """A role of an employee: from `start` on, up to but without `until`."""

    id: UUID
    organisation_id: UUID
    employee_id: UUID
    role: str
    legal_entity_id: UUID | None
    location_id: UUID | None
    start: AwareDatetime
    until: AwareDatetime | None


class AssignmentPage(Page[Assignment]):
    """Some of the assignments."""


class AssignmentQuery(PageQuery):
    """Which assignments."""

    employee_id: UUID | None = None
    role: RoleName | None = None
    over: bool = Field(default=False, description="Show also those that have ended.")


@router.post("/employees/{employee_id}/assignments", status_code=201, summary="Grant a role")
async def grant_assignment(
    employee_id: UUID,
    body: NewAssignment,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("staff:write"),
) -> Assignment:
    """Nobody grants a role that may do more than they may, or at a place that is not theirs."""
    reach = await Reach.of(runtime, caller)
    async with runtime.read(caller) as connection:
        employee = await queries.employee_view(connection, employee_id, runtime.secrets)
    place = await granting.find_place(
        runtime, employee.organisation_id, body.legal_entity_id, body.location_id
    )
    command = granting.GrantAssignment(
        employee_id=employee_id, role=body.role, place=place, start=body.start, until=body.until
    )
    async with runtime.begin(caller) as uow:
        return _shown(await granting.grant_assignment(uow, reach, command))


@router.post("/assignments/{assignment_id}/end", summary="Take a role back")
async def end_assignment(
    assignment_id: UUID,
    body: AssignmentEnd,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("staff:write"),
) -> Assignment:
    """Sessions that act for it stop within five seconds of its end.

    Whoever owns the whole organisation last stays until somebody else does.
    """
    reach = await Reach.of(runtime, caller)
    async with runtime.begin(caller) as uow:
        return _shown(await ending.end_assignment(uow, reach, assignment_id, body.at))


@router.get("/assignments", summary="List assignments")
async def list_assignments(
    query: Annotated[AssignmentQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("staff:read"),
) -> AssignmentPage:
    """The organisation's assignments, oldest first; those of one employee or role if asked."""
    wanted = queries.AssignmentFilter(
        now=runtime.clock.now(), employee_id=query.employee_id, role=query.role, over=query.over
    )
    async with runtime.read(caller) as connection:
        found = await queries.assignments(
            connection, wanted, after=query.after(UUID), limit=query.fetch
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return AssignmentPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


def _shown(held: Held | queries.AssignmentView) -> Assignment:
    return Assignment(
        id=held.id,
        organisation_id=held.organisation_id,
        employee_id=held.employee_id,
        role=held.role,
        legal_entity_id=held.legal_entity_id,
        location_id=held.location_id,
        start=held.start_at,
        until=held.until_at,
    )
