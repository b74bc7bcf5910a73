"""Whether somebody came to an appointment: as staff say, as a door saw, or by default."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import Appointment, Service
from gymhopper.contexts.scheduling.domain.costs import of_missing
from gymhopper.contexts.scheduling.domain.rules import BookingRules, resolve
from gymhopper.contexts.scheduling.queries.booking_rules import said_rules
from gymhopper.contexts.scheduling.usecases.mark_attendance import How, Mark
from gymhopper.contexts.scheduling.usecases.reach_appointment import held_appointment, of_staff
from gymhopper.contexts.scheduling.usecases.settle_appointment import charge_for, forgive
from gymhopper.contexts.scheduling.usecases.timing import APPOINTMENT_MARKED
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentAttendanceTakenBack,
    AppointmentAttended,
    AppointmentMissed,
)


async def mark_appointment(
    runtime: Runtime, caller: AuthSubject, appointment_id: UUID, status: Mark
) -> None:
    """Staff say whether the person came; `booked` takes it back. Raises NotFound, Forbidden,
    IllegalTransition."""
    async with runtime.begin(await of_staff(runtime, caller, appointment_id)) as uow:
        found = await held_appointment(uow, appointment_id)
        if found.status == status:
            return
        found.require_markable(status, uow.now)
        if found.status != "booked":
            await _take_back(uow, found)
        if status == "attended":
            _attend(uow, found, "staff")
        elif status == "missed":
            await _miss(uow, found, "staff")


async def see_at_appointment(uow: UnitOfWork, appointment_id: UUID, visit_id: UUID) -> None:
    """A door let the person in on it; what staff said before stays."""
    found = await uow.session.get(Appointment, appointment_id, with_for_update=True)
    if found is None or found.status != "booked":
        return
    if (await rules_of(uow.connection, found, found.location_id)).by_door:
        _attend(uow, found, "door", visit_id)


async def watch_appointment(uow: UnitOfWork, made: Appointment, rules: BookingRules) -> None:
    """Have it marked some time after its end, if nobody says anything."""
    due = made.until_at + timedelta(hours=rules.unmarked_hours)
    await uow.schedule(APPOINTMENT_MARKED, str(made.id), due)


async def mark_unmarked(uow: UnitOfWork, appointment_id: UUID) -> None:
    """Nobody said anything for so long after its end: what the gym's rules have holds."""
    found = await uow.session.get(Appointment, appointment_id, with_for_update=True)
    if found is None or found.status != "booked":
        return
    rules = await rules_of(uow.connection, found, found.location_id)
    if found.until_at + timedelta(hours=rules.unmarked_hours) > uow.now:
        await watch_appointment(uow, found, rules)
    elif rules.unmarked == "attended":
        _attend(uow, found, "default")
    else:
        await _miss(uow, found, "default")


async def rules_of(
    connection: AsyncConnection, of: Service | Appointment, location_id: UUID
) -> BookingRules:
    """What the gym says of bookings there, and of the kind of class that it counts as, if any."""
    said = await said_rules(connection, of.organisation_id, location_id, of.class_type_id)
    return resolve(each.rules for each in said)


def _attend(uow: UnitOfWork, found: Appointment, how: How, visit_id: UUID | None = None) -> None:
    found.status = "attended"
    told = AppointmentAttended(appointment=found.state(), how=how, visit_id=visit_id)
    uow.record(found, told, organisation_id=found.organisation_id)


async def _miss(uow: UnitOfWork, found: Appointment, how: Literal["staff", "default"]) -> None:
    cost = of_missing(found)
    found.status = "missed"
    told = AppointmentMissed(
        appointment=found.state(), how=how, credits_back=cost.credits_back, fee=cost.fee
    )
    uow.record(found, told, organisation_id=found.organisation_id)
    await charge_for(uow, found, cost, "no_show")


async def _take_back(uow: UnitOfWork, found: Appointment) -> None:
    again = of_missing(found).credits_back if found.status == "missed" else 0
    if found.status == "missed":
        await forgive(uow, found, "attendance taken back")
    found.status = "booked"
    told = AppointmentAttendanceTakenBack(appointment=found.state(), credits_again=again)
    uow.record(found, told, organisation_id=found.organisation_id)
