"""Routes of appointments."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select, tuple_

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain.costs import of_cancelling
from gymhopper.contexts.scheduling.http.booking_answers import CancellationPreview
from gymhopper.contexts.scheduling.http.fields import Instant, MoneyField, Request, WaiveRequest
from gymhopper.contexts.scheduling.storage.appointment_tables import appointment
from gymhopper.contexts.scheduling.usecases.book_appointment import WantedAppointment
from gymhopper.contexts.scheduling.usecases.book_appointment import book_appointment as book
from gymhopper.contexts.scheduling.usecases.guardians import guards
from gymhopper.contexts.scheduling.usecases.keep_appointment import cancel_appointment as cancel
from gymhopper.contexts.scheduling.usecases.mark_appointment import mark_appointment as mark
from gymhopper.contexts.scheduling.usecases.reach_appointment import seen_appointment
from gymhopper.contexts.scheduling.usecases.settle_appointment import (
    undo_late_cancellation,
    waive_appointment_fee,
)
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentChannel,
    AppointmentEnding,
    AppointmentStatus,
)

router = APIRouter(prefix="/appointments", tags=["appointments"])

_FEES = ("late_fee", "missed_fee")


class NewAppointment(Request):
    """What is asked for. Members leave out `member_id` for themselves, or name whom they are
    guardians of; staff name a member."""

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
    """A cancellation. With `fee` of the preview it is refused when it has become another one."""

    fee: int | None = Field(
        default=None, ge=0, description="Minor units that were shown; 0 for a free one."
    )
    by_gym: bool = Field(
        default=False, description="Staff: the gym calls it off, and it is never late."
    )


class AppointmentAttendance(Request):
    """Whether the person came; `booked` takes back what was said."""

    status: Literal["booked", "attended", "missed"]


class Appointment(BaseModel):
    """One person with one instructor. A cancellation costs nothing before `free_until`, and after
    it what `late_fee` says; not to come costs what `missed_fee` says."""

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
    late_fee: MoneyField | None
    missed_fee: MoneyField | None


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
    """Those that the caller may see, by their start. A guardian names the member."""
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
    guarded = query.member_id is not None and await guards(runtime, caller, query.member_id)
    async with runtime.read(SERVICE if guarded else caller) as connection:
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


@router.get("/{appointment_id}/cancellation", summary="What cancelling an appointment would cost")
async def preview_appointment_cancellation(
    appointment_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:read"),
) -> CancellationPreview:
    """Now: the fee, and whether credits come back. The sentence is for the member."""
    seen = await seen_appointment(runtime, caller, appointment_id)
    return CancellationPreview.of(of_cancelling(seen, runtime.clock.now()), seen.free_until)


@router.post("/{appointment_id}/cancel", summary="Cancel an appointment")
async def cancel_appointment(
    appointment_id: UUID,
    body: CancelAppointment,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:write"),
) -> Appointment:
    """Its time is free again. From `free_until` on it ends `late`, and a fee is charged later, so
    that staff can waive it."""
    await cancel(runtime, caller, appointment_id, by_gym=body.by_gym, shown_fee=body.fee)
    return await _read(runtime, caller, appointment_id)


@router.post(
    "/{appointment_id}/undo-late-cancel", summary="Undo a late cancellation of an appointment"
)
async def undo_late_appointment_cancellation(
    appointment_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("penalties:write"),
) -> Appointment:
    """Staff say that it was in time: no fee, and credits come back. The time does not."""
    await undo_late_cancellation(runtime, caller, appointment_id)
    return await _read(runtime, caller, appointment_id)


@router.post("/{appointment_id}/waive-fee", summary="Waive a fee of an appointment")
async def waive_fee_of_appointment(
    appointment_id: UUID,
    body: WaiveRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("penalties:write"),
) -> Appointment:
    """Of a late cancellation or of one that was missed, before it is charged."""
    await waive_appointment_fee(runtime, caller, appointment_id, body.reason)
    return await _read(runtime, caller, appointment_id)


@router.post("/{appointment_id}/attendance", summary="Say who came to an appointment")
async def mark_appointment(
    appointment_id: UUID,
    body: AppointmentAttendance,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("attendance:write"),
) -> Appointment:
    """By staff, and as easily taken back: with it goes the fee of one that was missed."""
    await mark(runtime, caller, appointment_id, body.status)
    return await _read(runtime, caller, appointment_id)


async def _read(runtime: Runtime, caller: AuthSubject, appointment_id: UUID) -> Appointment:
    return _shown(await seen_appointment(runtime, caller, appointment_id))


def _shown(found: Any) -> Appointment:
    """Of a row or of the thing itself, whose fields have the same names."""
    fields = {name: getattr(found, name) for name in Appointment.model_fields if name not in _FEES}
    for name in _FEES:
        fee = getattr(found.terms, name)
        fields[name] = None if fee is None else MoneyField.of(fee)
    return Appointment(**fields)
