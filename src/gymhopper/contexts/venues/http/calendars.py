"""Routes of calendars."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.venues.http.fields import (
    DatedHours,
    Dates,
    Name,
    Week,
    WeekdayHours,
    dates_shown,
    dates_value,
    week_shown,
    week_value,
)
from gymhopper.contexts.venues.queries import CalendarView, calendar_view
from gymhopper.contexts.venues.usecases import change_calendar as changing
from gymhopper.contexts.venues.usecases import create_calendar as creating

router = APIRouter(prefix="/calendars", tags=["calendars"])


class CalendarTimes(BaseModel):
    """All that a calendar says; `hours` null leaves the week to its parent."""

    model_config = ConfigDict(extra="forbid")

    hours: Week | None = None
    exceptions: Dates = []


class NewCalendar(CalendarTimes):
    """A calendar to be created, inheriting from `parent_id` where it has one."""

    organisation_id: UUID | None = None
    parent_id: UUID | None = None
    name: Name = Field(examples=["Bavaria"])


class Calendar(BaseModel):
    """What one calendar itself says."""

    id: UUID
    organisation_id: UUID
    parent_id: UUID | None
    name: str
    hours: list[WeekdayHours] | None
    exceptions: list[DatedHours]


@router.post("", status_code=201, summary="Create a calendar")
async def create_calendar(
    body: NewCalendar,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("venues:write"),
) -> Calendar:
    """For an organisation, or with a parent for a region of it."""
    command = creating.CreateCalendar(
        organisation_id=await tenant(runtime, caller, body.organisation_id),
        name=body.name,
        parent_id=body.parent_id,
        weekly=week_value(body.hours),
        exceptions=dates_value(body.exceptions),
    )
    async with runtime.begin(caller) as uow:
        view = await creating.create_calendar(uow, command)
    set_etag(response, view.version)
    return _shown(view)


@router.get("/{calendar_id}", summary="Read a calendar")
async def get_calendar(
    calendar_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = public(),
) -> Calendar:
    """Open to everybody, as the locations' times are."""
    async with runtime.read(caller) as connection:
        view = await calendar_view(connection, calendar_id)
    set_etag(response, view.version)
    return _shown(view)


@router.put("/{calendar_id}/times", summary="Change a calendar's times")
async def put_calendar_times(
    calendar_id: UUID,
    body: CalendarTimes,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("venues:write"),
) -> Calendar:
    """Holds at once for every location that inherits from the calendar."""
    command = changing.ChangeCalendar(
        calendar_id=calendar_id,
        weekly=week_value(body.hours),
        exceptions=dates_value(body.exceptions),
    )
    async with runtime.begin(caller) as uow:
        view = await changing.change_calendar(uow, command, expected)
    set_etag(response, view.version)
    return _shown(view)


def _shown(view: CalendarView) -> Calendar:
    return Calendar(
        id=view.id,
        organisation_id=view.organisation_id,
        parent_id=view.parent_id,
        name=view.name,
        hours=None if view.weekly is None else week_shown(view.weekly),
        exceptions=dates_shown(view.exceptions),
    )
