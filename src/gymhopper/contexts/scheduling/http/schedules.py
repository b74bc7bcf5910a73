"""Routes of schedules: series of classes."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.contexts.scheduling.http.class_fields import Instructors, Override
from gymhopper.contexts.scheduling.http.fields import (
    Capacity,
    CapsField,
    Minutes,
    Name,
    Patch,
    Request,
    WallTime,
)
from gymhopper.contexts.scheduling.storage.tables import schedule
from gymhopper.contexts.scheduling.usecases import change_schedule as changing
from gymhopper.contexts.scheduling.usecases.align_classes import Aligned
from gymhopper.contexts.scheduling.usecases.start_schedule import NewSchedule, start_schedule
from gymhopper.kernel.errors import NotFound

router = APIRouter(prefix="/schedules", tags=["schedules"])

Rule = Annotated[
    str,
    Field(
        min_length=1,
        max_length=250,
        description="RFC 5545: which dates, without DTSTART and UNTIL.",
        examples=["FREQ=WEEKLY;BYDAY=MO,WE"],
    ),
]
Dates = Annotated[list[date], Field(max_length=1000, description="Without a class.")]
OnHolidays = Annotated[
    bool, Field(description="Also on days on which the location is closed by an exception.")
]


class NewScheduleBody(Request):
    """A series. `starts_on` is today unless it is given; see a class for what else may be left
    out."""

    location_id: UUID
    class_type_id: UUID
    rule: Rule
    start_time: WallTime
    starts_on: date | None = None
    ends_before: date | None = None
    name: Name | None = None
    minutes: Minutes | None = None
    room_id: UUID | None = None
    instructor_ids: Instructors = Field(default=[])
    capacity: Capacity | None = None
    caps: CapsField = CapsField()
    except_on: Dates = Field(default=[])
    on_holidays: OnHolidays = False
    override_conflicts: Override = False

    def value(self) -> NewSchedule:
        """As the use case has it."""
        plain = self.model_dump(exclude={"caps", "instructor_ids", "except_on"})
        return NewSchedule(
            **plain,
            caps=self.caps.value(),
            instructor_ids=tuple(self.instructor_ids),
            except_on=tuple(sorted(set(self.except_on))),
        )


class Changes(Patch):
    """A merge patch (RFC 7396): what is absent stays."""

    name: Name | None = None
    rule: Rule | None = None
    start_time: WallTime | None = None
    minutes: Minutes | None = None
    ends_before: date | None = None
    room_id: UUID | None = None
    instructor_ids: Instructors | None = None
    capacity: Capacity | None = None
    caps: CapsField | None = None
    except_on: Dates | None = None
    on_holidays: OnHolidays | None = None

    def value(self) -> dict[str, Any]:
        """As the use case has it."""
        given = self.given("room_id", "ends_before")
        if self.instructor_ids is not None:
            given["instructor_ids"] = tuple(self.instructor_ids)
        if self.caps is not None:
            given["caps"] = self.caps.value()
        if self.except_on is not None:
            given["except_on"] = tuple(sorted(set(self.except_on)))
        return given


class ScheduleChanges(Request):
    """`all`: every class that is still ahead; `following`: those from a date on, today unless it
    is given. One class alone is changed where classes are."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    scope: changing.Scope
    from_date: date | None = Field(default=None, alias="from", description="A local date.")
    changes: Changes
    override_conflicts: Override = False


class ScheduleEnd(Request):
    """The first date without a class of it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_date: date = Field(alias="from", description="A local date.")


class ScheduleAnswer(BaseModel):
    """A series. It `follows` the one from which it was split off."""

    id: UUID
    organisation_id: UUID
    location_id: UUID
    class_type_id: UUID
    name: str
    rule: str
    zone: str
    start_time: WallTime
    starts_on: date
    ends_before: date | None
    minutes: int
    room_id: UUID | None
    instructor_ids: list[UUID]
    capacity: int
    caps: CapsField
    except_on: list[date]
    on_holidays: bool
    generated_until: date = Field(description="For dates before there are classes.")
    follows: UUID | None
    created_at: datetime


class StartedSchedule(ScheduleAnswer):
    """The series, and how many classes were `made` of it at once."""

    made: int


class Effects(BaseModel):
    """How many classes are different now, were made, cancelled, because somebody had booked them
    once, or taken away because nobody ever had. `bookings` are how many were moved or cancelled: a
    rehearsal (`Dry-Run: true`) tells beforehand."""

    changed: int
    made: int
    cancelled: int
    removed: int
    bookings: int


class ScheduleWithEffects(BaseModel):
    """The schedule that has the change, and what came of it."""

    schedule: ScheduleAnswer
    effects: Effects


class SchedulePage(Page[ScheduleAnswer]):
    """Some of the schedules."""


class ScheduleQuery(PageQuery):
    """Where."""

    location_id: UUID | None = None


@router.post("", status_code=201, summary="Begin a series of classes")
async def create_schedule(
    body: NewScheduleBody,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> StartedSchedule:
    """Its classes of the next weeks are made at once, and every day those of one day more. A class
    begins at the same wall-clock time all year round. 409 `occupied` names the room or the
    instructor that is not free."""
    async with runtime.begin(caller) as uow:
        made, count = await start_schedule(uow, body.value())
    set_etag(response, made.version)
    return StartedSchedule(**_shown(made).model_dump(), made=count)


@router.get("", summary="List schedules")
async def list_schedules(
    query: Annotated[ScheduleQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("schedules:read"),
) -> SchedulePage:
    """Oldest first, those that have ended, too."""
    asked = select(schedule).order_by(schedule.c.id).limit(query.fetch)
    if query.location_id is not None:
        asked = asked.where(schedule.c.location_id == query.location_id)
    after = query.after(UUID)
    if after is not None:
        asked = asked.where(schedule.c.id > after)
    async with runtime.read(caller) as connection:
        found = (await connection.execute(asked)).all()
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return SchedulePage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{schedule_id}", summary="Read a schedule")
async def get_schedule(
    schedule_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("schedules:read"),
) -> ScheduleAnswer:
    """What the series says; single classes of it may differ."""
    async with runtime.read(caller) as connection:
        found = (
            await connection.execute(select(schedule).where(schedule.c.id == schedule_id))
        ).one_or_none()
    if found is None:
        raise NotFound("There is no schedule with this id.")
    set_etag(response, found.version)
    return _shown(found)


@router.post("/{schedule_id}/changes", summary="Change a series of classes")
async def change_schedule(
    schedule_id: UUID,
    body: ScheduleChanges,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ScheduleWithEffects:
    """Bookings stay where the date of their class does, and whoever booked hears of another time
    or room. What was changed for one class alone stays as it is. A class whose date is none of the
    series any more is cancelled."""
    change = changing.ScheduleChange(
        scope=body.scope,
        from_date=body.from_date,
        values=body.changes.value(),
        override=body.override_conflicts,
    )
    async with runtime.begin(caller) as uow:
        found, effects = await changing.change_schedule(uow, schedule_id, change, expected)
    set_etag(response, found.version)
    return _with_effects(found, effects)


@router.post("/{schedule_id}/end", summary="End a series of classes")
async def end_schedule(
    schedule_id: UUID,
    body: ScheduleEnd,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ScheduleWithEffects:
    """There are no classes of it from that date on; those that somebody booked are cancelled."""
    async with runtime.begin(caller) as uow:
        found, effects = await changing.end_schedule(uow, schedule_id, body.from_date, expected)
    set_etag(response, found.version)
    return _with_effects(found, effects)


def _with_effects(found: Any, effects: Aligned) -> ScheduleWithEffects:
    return ScheduleWithEffects(
        schedule=_shown(found),
        effects=Effects(
            changed=effects.changed,
            made=effects.made,
            cancelled=effects.cancelled,
            removed=effects.removed,
            bookings=effects.bookings,
        ),
    )


def _shown(found: Any) -> ScheduleAnswer:
    """Of a row or of the thing itself, whose fields have the same names."""
    plain = {
        name: getattr(found, name)
        for name in ScheduleAnswer.model_fields
        if name not in {"caps", "instructor_ids", "except_on"}
    }
    return ScheduleAnswer(
        **plain,
        caps=CapsField.of(found.caps),
        instructor_ids=list(found.instructor_ids),
        except_on=list(found.except_on),
    )
