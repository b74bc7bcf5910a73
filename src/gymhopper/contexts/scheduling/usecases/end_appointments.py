"""Appointments end because something that they rest on does: a membership, or their location."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Date, and_, cast, func, select, text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import Appointment
from gymhopper.contexts.scheduling.domain.eligibility import rests_at
from gymhopper.contexts.scheduling.domain.schedule import closed_days
from gymhopper.contexts.scheduling.storage.appointment_tables import appointment
from gymhopper.contexts.scheduling.storage.tables import place
from gymhopper.contexts.scheduling.usecases.keep_appointment import call_off
from gymhopper.contracts.membership.state import MembershipState
from gymhopper.contracts.venues.events import LocationState

RELEASE_APPOINTMENTS = "scheduling.release_appointments"

_AT_ONCE = 100
_STATE = text(
    "SELECT CAST(state AS text) FROM scheduling.entitlement WHERE membership_id = :membership_id"
)
_state = msgspec.json.Decoder(MembershipState).decode


async def have_appointments_released(uow: UnitOfWork, states: Sequence[MembershipState]) -> None:
    """Have appointments given up during which these memberships rest or are over."""
    stopping = {each.membership_id: each for each in states}
    of = appointment.c
    ahead = select(of.membership_id, of.start_at).where(
        of.membership_id.in_(list(stopping)), of.start_at > uow.now, of.status == "booked"
    )
    concerned = {
        row.membership_id
        for row in await uow.connection.execute(ahead)
        if rests_at(stopping[row.membership_id], row.start_at)
    }
    for each in sorted(concerned):
        await uow.defer(RELEASE_APPOINTMENTS, lock=str(each), membership_id=str(each))


async def release_appointments(uow: UnitOfWork, membership_id: UUID) -> None:
    """Give up those of the membership during which it rests or is over, free of charge."""
    found = (await uow.connection.execute(_STATE, {"membership_id": membership_id})).scalar_one()
    state = _state(found)
    for each in await _held(uow, appointment.c.membership_id == membership_id):
        if rests_at(state, each.start_at):
            await call_off(uow, each, "released")


async def call_off_appointments(
    runtime: Runtime, location_id: UUID, newly_closed: Sequence[date]
) -> None:
    """Those ahead on days on which the location is closed now; all, when it is for good."""
    found = _AT_ONCE
    while found == _AT_ONCE:
        async with runtime.begin(SERVICE) as uow:
            found = await _call_some_off(uow, location_id, newly_closed)


async def _call_some_off(uow: UnitOfWork, location_id: UUID, newly_closed: Sequence[date]) -> int:
    query = select(place.c.state).where(place.c.location_id == location_id)
    state: LocationState = (await uow.connection.execute(query)).scalar_one()
    there = appointment.c.location_id == location_id
    if state.status == "open":
        on = cast(func.timezone(appointment.c.zone, appointment.c.start_at), Date)
        there = and_(there, on.in_(closed_days(state) & set(newly_closed)))
    found = await _held(uow, there, limit=_AT_ONCE)
    for each in found:
        await call_off(uow, each, "by_gym")
    return len(found)


async def _held(
    uow: UnitOfWork, wanted: ColumnElement[bool], *, limit: int | None = None
) -> Sequence[Appointment]:
    """Those that are booked and ahead."""
    query = (
        select(Appointment)
        .where(wanted, appointment.c.start_at > uow.now, appointment.c.status == "booked")
        .order_by(appointment.c.id)
        .limit(limit)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await uow.session.scalars(query)).all()
