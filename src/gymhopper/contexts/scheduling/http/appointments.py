"""Routes of appointments."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select, tuple_

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.http.fields import Instant, Request
from gymhopper.contexts.scheduling.storage.appointment_tables import appointment
from gymhopper.contexts.scheduling.usecases import keep_appointment as keeping
from gymhopper.contexts.scheduling.usecases.book_appointment import (
    WantedAppointment,
)
from gymhopper.contexts.scheduling.usecases.book_appointment import (
    book_appointment as book,
)
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentChannel,
    AppointmentEnding,
    AppointmentStatus,
)
from gymhopper.kernel.errors import NotFound

router = APIRouter(prefix="/appointments", tags=["appointments"])


class NewAppointment(Request):
    """What is asked for. Members leave out `member_id`; staff name a member."""

    service_id: UUID
    location_id: UUID
    start_at: Instant
    instructor_id: UUID | None = Field(
        default=None,
        description="Whoever is free and has the fewest appointments of that day if left out.",
    )
    member_id: UUID | None = None
    bypass: bool = Field(default=False, description="Staff: over what staff may book over.")


class CancelAppointment(Request):
    """A cancellation."""

    by_gym: bool = Field(
        default=False, description="Staff: the gym calls it off, and it is never late."
    )


class AppointmentAttendance(Request):
    """Whether the person came; `booked` takes back what was said."""

    status: Literal["booked", "attended", "missed"]


class Appointment(BaseModel):
    """One person with one instructor. A cancellation is free until `free_until`."""

    id: UUID
    organisation_id: UUID
    location_id: UUID
    service_id: UUID
    instructor_id: UUID
    room_id: UUID | None
    person_id: UUID
    member_id: UUID | None
    membership_id: UUID | None
    start_at: datetime
    until_at: datetime
    status: AppointmentStatus
    ending: AppointmentEnding | None
    credits: int
    channel: AppointmentChannel
    booked_at: datetime
    free_until: datetime


class AppointmentPage(Page[Appointment]):
    """Some of the appointments."""


class AppointmentQuery(PageQuery):
    """Which appointments."""

    instructor_id: UUID | None = None
    location_id: UUID | None = None
    member_id: UUID | None = None
    status: AppointmentStatus | None = None
    from_: Instant | None = Field(default=None, alias="from", description="That end later.")
    until: Instant | None = Field(default=None, description="That begin before.")


@router.post("", status_code=201, summary="Book an appointment", dependencies=[limited("booking")])
async def create_appointment(
    body: NewAppointment,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:write"),
) -> Appointment:
    """At a free time. Whoever asks for it second is refused with `occupied`."""
    wanted = WantedAppointment(
        service_id=body.service_id,
        location_id=body.location_id,
        start=body.start_at,
        instructor_id=body.instructor_id,
        member_id=body.member_id,
        bypass=body.bypass,
    )
    return _shown(await book(runtime, caller, wanted))


@router.get("", summary="List appointments")
async def list_appointments(
    query: Annotated[AppointmentQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:read"),
) -> AppointmentPage:
    """Those that the caller may see, by their start."""
    of = appointment.c
    asked = select(appointment).order_by(of.start_at, of.id).limit(query.fetch)
    for name in ("instructor_id", "location_id", "member_id", "status"):
        if getattr(query, name) is not None:
            asked = asked.where(of[name] == getattr(query, name))
    if query.from_ is not None:
        asked = asked.where(of.until_at > query.from_)
    if query.until is not None:
        asked = asked.where(of.start_at < query.until)
    after = query.after(tuple[datetime, UUID])
    if after is not None:
        asked = asked.where(tuple_(of.start_at, of.id) > after)
    async with runtime.read(caller) as connection:
        found = (await connection.execute(asked)).all()
    shown, next_cursor = query.cut(found, lambda each: (each.start_at, each.id))
    return AppointmentPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{appointment_id}", summary="Read an appointment")
async def get_appointment(
    appointment_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:read"),
) -> Appointment:
    """One's own, or one of the gym."""
    return await _read(runtime, caller, appointment_id)


@router.post("/{appointment_id}/cancel", summary="Cancel an appointment")
async def cancel_appointment(
    appointment_id: UUID,
    body: CancelAppointment,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:write"),
) -> Appointment:
    """Its time is free again. From `free_until` on it ends `late`."""
    await keeping.cancel_appointment(runtime, caller, appointment_id, by_gym=body.by_gym)
    return await _read(runtime, caller, appointment_id)


@router.post("/{appointment_id}/attendance", summary="Say who came to an appointment")
async def mark_appointment(
    appointment_id: UUID,
    body: AppointmentAttendance,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("attendance:write"),
) -> Appointment:
    """By staff, and as easily taken back."""
    await keeping.mark_appointment(runtime, caller, appointment_id, body.status)
    return await _read(runtime, caller, appointment_id)


async def _read(runtime: Runtime, caller: AuthSubject, appointment_id: UUID) -> Appointment:
    async with runtime.read(caller) as connection:
        query = select(appointment).where(appointment.c.id == appointment_id)
        found = (await connection.execute(query)).one_or_none()
    if found is None:
        raise NotFound("There is no appointment with this id.")
    return _shown(found)


def _shown(found: Any) -> Appointment:
    """Of a row or of the thing itself, whose fields have the same names."""
    return Appointment(**{name: getattr(found, name) for name in Appointment.model_fields})
