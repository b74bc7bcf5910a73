"""Routes of locations."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page
from gymhopper.chassis.http.sorting import SortedQuery, sorting
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.venues.domain.location import (
    HIGHEST_TIER,
    LocationChange,
    LocationStatus,
)
from gymhopper.contexts.venues.domain.opening_times import OpeningTimes as Times
from gymhopper.contexts.venues.http.fields import (
    Country,
    DatedHours,
    Dates,
    ExternalRef,
    Name,
    OpeningTimes,
    PostalAddress,
    Week,
    WeekdayHours,
    Zone,
    dates_shown,
    dates_value,
    week_shown,
    week_value,
)
from gymhopper.contexts.venues.queries import (
    SORTED_BY,
    LocationFilter,
    LocationView,
    location_view,
    location_views,
)
from gymhopper.contexts.venues.usecases import change_location as changing
from gymhopper.contexts.venues.usecases import open_location as opening

router = APIRouter(prefix="/locations", tags=["locations"])

Tier = Annotated[int, Field(ge=1, le=HIGHEST_TIER, description="Counts up from 1, the simplest.")]
RolloverHour = Annotated[
    int,
    Field(
        ge=0,
        le=23,
        description="The local hour at which a visit counts for the next day. By default 0, and 4"
        " where it is open around the clock.",
    ),
]


StaffedWeek = Annotated[
    Week,
    Field(
        description="When staff are there; null: whenever it is open. An exception of the opening"
        " times stands for staff, too."
    ),
]
StaffedDates = Annotated[
    Dates, Field(description="When staff are there on these dates, whatever else is said.")
]
_NULLABLE = frozenset({"address", "calendar_id", "hours", "rollover_hour", "staffed_hours"})
_OTHERWISE = set(
    {"organisation_id", "address", "hours", "exceptions", "staffed_hours", "staffed_exceptions"}
)
"""What a body has in another shape than the use case."""


class NewLocation(BaseModel):
    """A location to be opened; what it says nothing about it has from its calendar."""

    model_config = ConfigDict(extra="forbid")

    organisation_id: UUID | None = None
    legal_entity_id: UUID
    name: Name = Field(examples=["North Gym Hauptbahnhof"])
    zone: Zone
    country: Country
    city: Name = Field(examples=["Berlin"])
    address: PostalAddress | None = None
    tier: Tier
    latitude: float = Field(examples=[52.525])
    longitude: float = Field(examples=[13.369])
    calendar_id: UUID | None = None
    hours: Week | None = None
    exceptions: Dates = []
    rollover_hour: RolloverHour | None = None
    staffed_hours: StaffedWeek | None = None
    staffed_exceptions: StaffedDates = []
    external_ref: ExternalRef | None = None


class ChangedLocation(BaseModel):
    """A merge patch (RFC 7396): what is absent stays, null takes back what may be missing."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    city: Name | None = None
    address: PostalAddress | None = None
    tier: Tier | None = None
    latitude: float | None = None
    longitude: float | None = None
    calendar_id: UUID | None = None
    hours: Week | None = None
    exceptions: Dates | None = None
    rollover_hour: RolloverHour | None = None
    staffed_hours: StaffedWeek | None = None
    staffed_exceptions: StaffedDates | None = None
    status: LocationStatus | None = None

    @model_validator(mode="after")
    def _null_only_where_it_means_something(self) -> Self:
        for name in self.model_fields_set - _NULLABLE:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self

    def value(self) -> LocationChange:
        """As the domain has it."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if self.address is not None:
            given["address"] = self.address.value()
        if "hours" in given:
            given["weekly"] = week_value(given.pop("hours"))
        if self.exceptions is not None:
            given["exceptions"] = dates_value(self.exceptions)
        if "staffed_hours" in given:
            given["staffed_weekly"] = week_value(given.pop("staffed_hours"))
        if self.staffed_exceptions is not None:
            given["staffed_exceptions"] = dates_value(self.staffed_exceptions)
        return LocationChange(**given)


class Location(BaseModel):
    """A location. `hours` and `exceptions` are its own, `opening` is what holds; so are
    `staffed_hours` and `staffed_exceptions`, and `staffed`, of when staff are there."""

    id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    zone: str
    country: str
    city: str
    address: PostalAddress | None
    tier: int
    latitude: float
    longitude: float
    calendar_id: UUID | None
    hours: list[WeekdayHours] | None
    exceptions: list[DatedHours]
    opening: OpeningTimes
    staffed_hours: list[WeekdayHours] | None
    staffed_exceptions: list[DatedHours]
    staffed: OpeningTimes
    rollover_hour: int
    status: LocationStatus
    external_ref: str | None


class LocationPage(Page[Location]):
    """Some of the locations."""


class LocationQuery(SortedQuery):
    """Which locations, in which order; ids grow with time."""

    organisation_id: UUID | None = None
    city: Name | None = None
    tier: Tier | None = None
    status: LocationStatus = "open"
    sort: sorting("name", "city", "tier", "id") = "id"  # type: ignore[valid-type]  # a function makes it


@router.post("", status_code=201, summary="Open a location")
async def open_location(
    body: NewLocation,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("venues:write"),
) -> Location:
    """The legal entity sells there; the zone is that of the door."""
    plain = body.model_dump(exclude=_OTHERWISE)
    command = opening.OpenLocation(
        **plain,
        organisation_id=await tenant(runtime, caller, body.organisation_id),
        address=None if body.address is None else body.address.value(),
        weekly=week_value(body.hours),
        exceptions=dates_value(body.exceptions),
        staffed_weekly=week_value(body.staffed_hours),
        staffed_exceptions=dates_value(body.staffed_exceptions),
    )
    async with runtime.begin(caller) as uow:
        view = await opening.open_location(uow, command)
    set_etag(response, view.version)
    return _shown(view)


@router.get("", summary="List locations")
async def list_locations(
    query: Annotated[LocationQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = public(),
) -> LocationPage:
    """Open to everybody; oldest first, unless `sort` says otherwise."""
    wanted = LocationFilter(
        organisation_id=query.organisation_id,
        city=query.city,
        tier=query.tier,
        status=query.status,
    )
    async with runtime.read(caller) as connection:
        found = await location_views(
            connection,
            wanted,
            order=query.order,
            after=query.place(SORTED_BY),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut_sorted(found)
    return LocationPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{location_id}", summary="Read a location")
async def get_location(
    location_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = public(),
) -> Location:
    """Open to everybody."""
    async with runtime.read(caller) as connection:
        view = await location_view(connection, location_id)
    set_etag(response, view.version)
    return _shown(view)


@router.patch("/{location_id}", summary="Change a location")
async def change_location(
    location_id: UUID,
    body: ChangedLocation,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("venues:write"),
) -> Location:
    """Doors follow what changes here, its tier and times included, at once."""
    async with runtime.begin(caller) as uow:
        view = await changing.change_location(uow, location_id, body.value(), expected)
    set_etag(response, view.version)
    return _shown(view)


def _times(found: Times) -> OpeningTimes:
    return OpeningTimes(
        around_the_clock=found.around_the_clock,
        hours=week_shown(found.weekly or ()),
        exceptions=dates_shown(found.exceptions),
    )


def _shown(view: LocationView) -> Location:
    return Location(
        id=view.id,
        organisation_id=view.organisation_id,
        legal_entity_id=view.legal_entity_id,
        name=view.name,
        zone=view.zone,
        country=view.country,
        city=view.city,
        address=None if view.address is None else PostalAddress.model_validate(view.address),
        tier=view.tier,
        latitude=view.latitude,
        longitude=view.longitude,
        calendar_id=view.calendar_id,
        hours=None if view.own.weekly is None else week_shown(view.own.weekly),
        exceptions=dates_shown(view.own.exceptions),
        opening=_times(view.times),
        staffed_hours=(
            None if view.own_staffed.weekly is None else week_shown(view.own_staffed.weekly)
        ),
        staffed_exceptions=dates_shown(view.own_staffed.exceptions),
        staffed=_times(view.staffed),
        rollover_hour=view.rollover_hour,
        status=view.status,
        external_ref=view.external_ref,
    )
