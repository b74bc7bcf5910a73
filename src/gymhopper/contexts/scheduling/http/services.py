"""Routes of services: what appointments are made for."""

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
from gymhopper.contexts.scheduling.http.fields import (
    Minutes,
    MoneyField,
    Name,
    Patch,
    Request,
    organisations,
)
from gymhopper.contexts.scheduling.queries import catalogue
from gymhopper.contexts.scheduling.storage.appointment_tables import service
from gymhopper.contexts.scheduling.usecases import keep_service as keeping
from gymhopper.kernel.money import Money

router = APIRouter(prefix="/services", tags=["services"])

Credits = Annotated[int, Field(ge=0, le=100, strict=True)]
Buffer = Annotated[int, Field(ge=0, le=240, strict=True, examples=[10])]
Ahead = Annotated[int, Field(ge=0, le=100_000, strict=True, examples=[720])]
Days = Annotated[int, Field(ge=1, le=400, strict=True)]
Step = Annotated[int, Field(ge=5, le=60, multiple_of=5, strict=True)]
Several = Annotated[list[UUID], Field(max_length=50)]

_FEES = ("late_fee", "missed_fee")


class NewService(Request):
    """What one person can have with one instructor. Times are in minutes."""

    organisation_id: UUID | None = None
    name: Name = Field(examples=["Personal training"])
    class_type_id: UUID | None = Field(
        default=None, description="Takes a membership that covers such classes; none otherwise."
    )
    credits: Credits = Field(
        default=0, description="How many of a membership that has credits; with a class type."
    )
    minutes: Minutes
    buffer_before: Buffer = 0
    buffer_after: Buffer = 0
    step_minutes: Step = 15
    notice_minutes: Ahead = Field(default=0, description="Members book so long before.")
    days_ahead: Days = 60
    free_minutes: Ahead = Field(default=720, description="Until when cancelling is in time.")
    late_fee: MoneyField | None = Field(default=None, description="Of cancelling later than that.")
    missed_fee: MoneyField | None = Field(default=None, description="Of not coming.")
    late_credits_back: bool = False
    missed_credits_back: bool = False
    instructor_ids: Several = Field(default=[])
    room_ids: Several = Field(default=[], description="It takes one of them; none: it needs none.")


class ChangedService(Patch):
    """A merge patch (RFC 7396): what is absent stays; a fee that is null is none any more."""

    name: Name | None = None
    credits: Credits | None = None
    minutes: Minutes | None = None
    buffer_before: Buffer | None = None
    buffer_after: Buffer | None = None
    step_minutes: Step | None = None
    notice_minutes: Ahead | None = None
    days_ahead: Days | None = None
    free_minutes: Ahead | None = None
    late_fee: MoneyField | None = None
    missed_fee: MoneyField | None = None
    late_credits_back: bool | None = None
    missed_credits_back: bool | None = None
    instructor_ids: Several | None = None
    room_ids: Several | None = None
    retired: bool | None = None


class Service(BaseModel):
    """What appointments are made for."""

    id: UUID
    organisation_id: UUID
    name: str
    class_type_id: UUID | None
    credits: int
    minutes: int
    buffer_before: int
    buffer_after: int
    step_minutes: int
    notice_minutes: int
    days_ahead: int
    free_minutes: int
    late_fee: MoneyField | None
    missed_fee: MoneyField | None
    late_credits_back: bool
    missed_credits_back: bool
    instructor_ids: list[UUID]
    room_ids: list[UUID]
    created_at: datetime
    retired_at: datetime | None


class ServicePage(Page[Service]):
    """Some of the services."""


class ServiceQuery(PageQuery):
    """Whose, and whether those as well that are not offered any more."""

    organisation_id: UUID | None = None
    retired: bool = False


@router.post("", status_code=201, summary="Offer a service")
async def create_service(
    body: NewService,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> Service:
    """Its instructors say when they have time for it, by location."""
    given = body.model_dump() | {
        "organisation_id": await tenant(runtime, caller, body.organisation_id),
        "instructor_ids": tuple(body.instructor_ids),
        "room_ids": tuple(body.room_ids),
        **_fees(body),
    }
    async with runtime.begin(caller) as uow:
        made = await keeping.add_service(uow, keeping.NewService(**given))
    set_etag(response, made.version)
    return _shown(made)


@router.get("", summary="List services")
async def list_services(
    query: Annotated[ServiceQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> ServicePage:
    """Those of the caller's gyms, oldest first."""
    async with runtime.read(caller) as connection:
        found = await catalogue.several(
            connection,
            service,
            organisations(caller, query.organisation_id),
            retired=query.retired,
            after=query.after(UUID),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return ServicePage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{service_id}", summary="Read a service")
async def get_service(
    service_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> Service:
    """Of one of the caller's gyms."""
    async with runtime.read(caller) as connection:
        found = await catalogue.one(connection, service, service_id, organisations(caller))
    set_etag(response, found.version)
    return _shown(found)


@router.patch("/{service_id}", summary="Change a service")
async def change_service(
    service_id: UUID,
    body: ChangedService,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> Service:
    """For what is booked from now on."""
    given = body.given(*_FEES)
    given |= {name: each for name, each in _fees(body).items() if name in given}
    async with runtime.begin(caller) as uow:
        found = await keeping.change_service(uow, service_id, given, expected)
    set_etag(response, found.version)
    return _shown(found)


def _fees(body: NewService | ChangedService) -> dict[str, Money | None]:
    """As the domain has them."""
    given = {name: getattr(body, name) for name in _FEES}
    return {x: None if fee is None else Money(fee.amount, fee.currency) for x, fee in given.items()}


def _shown(found: Any) -> Service:
    """Of a row or of the thing itself, whose fields have the same names."""
    fields = {name: getattr(found, name) for name in Service.model_fields}
    for name in _FEES:
        fields[name] = None if fields[name] is None else MoneyField.of(fields[name])
    return Service(**fields)
