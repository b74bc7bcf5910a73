"""Routes of kinds of classes."""

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
from gymhopper.contexts.scheduling.domain.requirements import Level, Requirements
from gymhopper.contexts.scheduling.http.fields import (
    Minutes,
    Name,
    Patch,
    Request,
    Text,
    Word,
    organisations,
)
from gymhopper.contexts.scheduling.queries import catalogue
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases import keep_class_type as keeping

router = APIRouter(prefix="/class-types", tags=["class types"])

Credits = Annotated[
    int, Field(ge=0, le=100, strict=True, description="Of whoever comes on credits, for a place.")
]
Age = Annotated[int, Field(ge=0, le=120, strict=True)]


class LevelField(Request):
    """At least so much in a discipline, as staff have said of the member."""

    discipline: Word
    at_least: int = Field(ge=1, le=100, strict=True)


class RequirementsField(Request):
    """Asked at the time of the class. Ages are in whole years, both included; who is younger than
    `staffed_below` comes only while the place is staffed."""

    minimum_age: Age | None = None
    maximum_age: Age | None = None
    level: LevelField | None = None
    waivers: bool = True
    staffed_below: Age | None = None

    def value(self) -> Requirements:
        """As the domain has it."""
        asked = self.level
        level = None
        if asked is not None:
            level = Level(discipline=asked.discipline, at_least=asked.at_least)
        return Requirements(
            minimum_age=self.minimum_age,
            maximum_age=self.maximum_age,
            level=level,
            waivers=self.waivers,
            staffed_below=self.staffed_below,
        )

    @classmethod
    def of(cls, asked: Requirements) -> "RequirementsField":
        """As an answer has it."""
        level = None
        if asked.level is not None:
            level = LevelField(discipline=asked.level.discipline, at_least=asked.level.at_least)
        return cls(
            minimum_age=asked.minimum_age,
            maximum_age=asked.maximum_age,
            level=level,
            waivers=asked.waivers,
            staffed_below=asked.staffed_below,
        )


class NewClassType(Request):
    """A kind of class."""

    organisation_id: UUID | None = None
    name: Name = Field(examples=["Indoor cycling"])
    description: Text = ""
    minutes: Minutes = 60
    credits: Credits = 1
    requirements: RequirementsField = RequirementsField()


class ChangedClassType(Patch):
    """A merge patch (RFC 7396): what is absent stays."""

    name: Name | None = None
    description: Text | None = None
    minutes: Minutes | None = None
    credits: Credits | None = None
    requirements: RequirementsField | None = None


class ClassType(BaseModel):
    """A kind of class; nothing new is made of one that is retired."""

    id: UUID
    organisation_id: UUID
    name: str
    description: str
    minutes: int
    credits: int
    requirements: RequirementsField
    created_at: datetime
    retired_at: datetime | None


class ClassTypePage(Page[ClassType]):
    """Some of the kinds of classes."""


class ClassTypeQuery(PageQuery):
    """Whose, and whether those as well that are not offered any more."""

    organisation_id: UUID | None = None
    retired: bool = False


@router.post("", status_code=201, summary="Offer a kind of class")
async def create_class_type(
    body: NewClassType,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ClassType:
    """What classes and schedules are made of."""
    new = keeping.NewClassType(
        organisation_id=await tenant(runtime, caller, body.organisation_id),
        name=body.name,
        description=body.description,
        minutes=body.minutes,
        credits=body.credits,
        requirements=body.requirements.value(),
    )
    async with runtime.begin(caller) as uow:
        made = await keeping.make_class_type(uow, new)
    set_etag(response, made.version)
    return _shown(made)


@router.get("", summary="List kinds of classes")
async def list_class_types(
    query: Annotated[ClassTypeQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> ClassTypePage:
    """Those of the caller's gyms, oldest first."""
    async with runtime.read(caller) as connection:
        found = await catalogue.several(
            connection,
            tables.class_type,
            organisations(caller, query.organisation_id),
            retired=query.retired,
            after=query.after(UUID),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return ClassTypePage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{class_type_id}", summary="Read a kind of class")
async def get_class_type(
    class_type_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> ClassType:
    """Of one of the caller's gyms."""
    async with runtime.read(caller) as connection:
        found = await catalogue.one(
            connection, tables.class_type, class_type_id, organisations(caller)
        )
    set_etag(response, found.version)
    return _shown(found)


@router.patch("/{class_type_id}", summary="Change a kind of class")
async def change_class_type(
    class_type_id: UUID,
    body: ChangedClassType,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ClassType:
    """Holds for bookings that are made from now on; classes that stand in the timetable keep their
    names and lengths."""
    given = body.given()
    if body.requirements is not None:
        given["requirements"] = body.requirements.value()
    async with runtime.begin(caller) as uow:
        found = await keeping.change_class_type(uow, class_type_id, given, expected)
    set_etag(response, found.version)
    return _shown(found)


@router.post("/{class_type_id}/retire", summary="Offer a kind of class no more")
async def retire_class_type(
    class_type_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ClassType:
    """Nothing new is made of it; what stands in the timetable stays."""
    async with runtime.begin(caller) as uow:
        found = await keeping.retire_class_type(uow, class_type_id)
    set_etag(response, found.version)
    return _shown(found)


def _shown(found: Any) -> ClassType:
    """Of a row or of the thing itself, whose fields have the same names."""
    return ClassType(
        id=found.id,
        organisation_id=found.organisation_id,
        name=found.name,
        description=found.description,
        minutes=found.minutes,
        credits=found.credits,
        requirements=RequirementsField.of(found.requirements),
        created_at=found.created_at,
        retired_at=found.retired_at,
    )
