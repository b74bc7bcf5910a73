"""Routes of rooms and the spots in them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.contexts.scheduling.domain.room import Spot
from gymhopper.contexts.scheduling.http.fields import Name, Patch, Request, Word, organisations
from gymhopper.contexts.scheduling.queries import catalogue
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases import keep_room as keeping

router = APIRouter(prefix="/rooms", tags=["rooms"])

Line = Annotated[int, Field(ge=0, le=200, strict=True)]


class SpotField(Request):
    """A place that can be chosen, such as bike 12. `row` and `column` are where it stands on the
    map, counted from 0, from the front and from the left."""

    name: Word = Field(examples=["12"])
    row: Line
    column: Line
    out_of_order: bool = False

    def value(self) -> Spot:
        """As the domain has it."""
        return Spot(
            name=self.name, row=self.row, column=self.column, out_of_order=self.out_of_order
        )

    @classmethod
    def of(cls, spot: Spot) -> "SpotField":
        """As an answer has it."""
        return cls(name=spot.name, row=spot.row, column=spot.column, out_of_order=spot.out_of_order)


Spots = Annotated[
    list[SpotField], Field(max_length=1000, description="None: places are not chosen.")
]


class NewRoom(Request):
    """A room of a location. `area_id` is the area in which it lies, as doors know it."""

    location_id: UUID
    name: Name = Field(examples=["Studio 1"])
    area_id: UUID | None = None
    spots: Spots = Field(default=[])


class ChangedRoom(Patch):
    """A merge patch (RFC 7396): what is absent stays, `spots` are given whole."""

    name: Name | None = None
    area_id: UUID | None = None
    spots: Spots | None = None
    retired: bool | None = Field(default=None, description="Nothing new takes place in it.")


class Room(BaseModel):
    """A room with the map of its spots."""

    id: UUID
    location_id: UUID
    name: str
    area_id: UUID | None
    spots: list[SpotField]
    created_at: datetime
    retired_at: datetime | None


class RoomPage(Page[Room]):
    """Some of the rooms."""


class RoomQuery(PageQuery):
    """Where, and whether those as well that are not in use any more."""

    location_id: UUID | None = None
    retired: bool = False


@router.post("", status_code=201, summary="Furnish a room")
async def create_room(
    body: NewRoom,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> Room:
    """Only one class at a time takes place in it."""
    async with runtime.begin(caller) as uow:
        made = await keeping.make_room(
            uow,
            location_id=body.location_id,
            name=body.name,
            area_id=body.area_id,
            spots=tuple(each.value() for each in body.spots),
        )
    set_etag(response, made.version)
    return _shown(made)


@router.get("", summary="List rooms")
async def list_rooms(
    query: Annotated[RoomQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> RoomPage:
    """Those of the caller's gyms, oldest first."""
    async with runtime.read(caller) as connection:
        found = await catalogue.several(
            connection,
            tables.room,
            organisations(caller),
            location_id=query.location_id,
            retired=query.retired,
            after=query.after(UUID),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return RoomPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{room_id}", summary="Read a room")
async def get_room(
    room_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> Room:
    """Of one of the caller's gyms."""
    async with runtime.read(caller) as connection:
        found = await catalogue.one(connection, tables.room, room_id, organisations(caller))
    set_etag(response, found.version)
    return _shown(found)


@router.patch("/{room_id}", summary="Change a room")
async def change_room(
    room_id: UUID,
    body: ChangedRoom,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> Room:
    """Whoever booked a spot that is out of order now keeps it until another is chosen."""
    given = body.given("area_id")
    if body.spots is not None:
        given["spots"] = tuple(each.value() for each in body.spots)
    async with runtime.begin(caller) as uow:
        found = await keeping.change_room(uow, room_id, given, expected)
    set_etag(response, found.version)
    return _shown(found)


def _shown(found: Any) -> Room:
    """Of a row or of the thing itself, whose fields have the same names."""
    return Room(
        id=found.id,
        location_id=found.location_id,
        name=found.name,
        area_id=found.area_id,
        spots=[SpotField.of(each) for each in found.spots],
        created_at=found.created_at,
        retired_at=found.retired_at,
    )
