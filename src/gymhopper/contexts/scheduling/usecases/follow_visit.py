"""Doors say who came: visits count against limits, and who came to a class attended it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.storage.appointment_tables import appointment
from gymhopper.contexts.scheduling.usecases.mark_appointment import see_at_appointment
from gymhopper.contexts.scheduling.usecases.mark_attendance import see_at_door
from gymhopper.contracts.access.events import VisitRecorded

KEPT = timedelta(days=800)
"""So long visits are kept: a period of a contract is a year at most, and some are counted late."""

_COME = timedelta(hours=2)

_INSERT = text(
    "INSERT INTO scheduling.visit (visit_id, host_organisation_id, home_organisation_id,"
    " membership_id, location_id, at, booking_id)"
    " VALUES (:visit_id, :host, :home, :membership_id, :location_id, :at, :booking_id)"
    " ON CONFLICT (visit_id) DO NOTHING"
)
_FORGET = text("DELETE FROM scheduling.visit WHERE at < :until")


async def follow_visit(uow: UnitOfWork, visit: VisitRecorded) -> None:
    """Keep the visit, and mark the booking that it was for."""
    booking_id = visit.booking_id or await _booked(uow, visit) or await _appointed(uow, visit)
    if visit.membership_id is not None:
        await uow.connection.execute(
            _INSERT,
            {
                "visit_id": visit.visit_id,
                "host": visit.host_organisation_id,
                "home": visit.home_organisation_id or visit.host_organisation_id,
                "membership_id": visit.membership_id,
                "location_id": visit.location_id,
                "at": visit.at,
                "booking_id": booking_id,
            },
        )
    if booking_id is not None:
        await see_at_door(uow, booking_id, visit.visit_id)
        await see_at_appointment(uow, booking_id, visit.visit_id)


async def forget_visits(uow: UnitOfWork) -> None:
    """Visits of which nothing is counted any more go."""
    await uow.connection.execute(_FORGET, {"until": uow.now - KEPT})


async def _booked(uow: UnitOfWork, visit: VisitRecorded) -> UUID | None:
    """The booking of whoever came in on another right, shortly before their class or in it."""
    booked, held = tables.booking.c, tables.class_.c
    query = (
        select(booked.id)
        .join_from(tables.booking, tables.class_, held.id == booked.class_id)
        .where(
            booked.person_id == visit.person_id,
            booked.status == "booked",
            held.location_id == visit.location_id,
            booked.start_at <= visit.at + _COME,
            booked.until_at > visit.at,
        )
        .order_by(booked.start_at)
        .limit(1)
    )
    found: UUID | None = (await uow.connection.execute(query)).scalar_one_or_none()
    return found


async def _appointed(uow: UnitOfWork, visit: VisitRecorded) -> UUID | None:
    """The same of an appointment."""
    of = appointment.c
    query = (
        select(of.id)
        .where(
            of.person_id == visit.person_id,
            of.status == "booked",
            of.location_id == visit.location_id,
            of.start_at <= visit.at + _COME,
            of.until_at > visit.at,
        )
        .order_by(of.start_at)
        .limit(1)
    )
    found: UUID | None = (await uow.connection.execute(query)).scalar_one_or_none()
    return found
