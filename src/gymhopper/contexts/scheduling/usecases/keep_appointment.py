"""An appointment is given up, or somebody says who came."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import Appointment
from gymhopper.contexts.scheduling.storage.appointment_tables import appointment
from gymhopper.contexts.scheduling.storage.occupation import vacate
from gymhopper.contexts.scheduling.usecases.reach import place_of
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentAttendanceTakenBack,
    AppointmentAttended,
    AppointmentCancelled,
    AppointmentEnding,
    AppointmentMissed,
)
from gymhopper.kernel.errors import Forbidden, NotFound

_TOLD = {
    "booked": AppointmentAttendanceTakenBack,
    "attended": AppointmentAttended,
    "missed": AppointmentMissed,
}


async def cancel_appointment(
    runtime: Runtime, caller: AuthSubject, appointment_id: UUID, *, by_gym: bool = False
) -> None:
    """Its time is free again. Raises NotFound, Forbidden, IllegalTransition. `by_gym` is staff's:
    the gym calls it off."""
    if by_gym and caller.person_id is not None:
        raise Forbidden("Only staff say that the gym calls it off.", code="staff_only")
    inside = await _inside(runtime, caller, appointment_id)
    async with runtime.begin(inside) as uow:
        found = await _held(uow, appointment_id)
        await end_appointment(uow, found, found.ending_at(uow.now, by_gym=by_gym))


async def end_appointment(uow: UnitOfWork, found: Appointment, ending: AppointmentEnding) -> None:
    """Cancel one that is booked and held."""
    found.end(ending)
    await vacate(uow.connection, [found.id])
    told = AppointmentCancelled(
        appointment=found.state(), ending=ending, credits_back=found.credits_back
    )
    uow.record(found, told, organisation_id=found.organisation_id)


async def see_at_appointment(uow: UnitOfWork, appointment_id: UUID, visit_id: UUID) -> None:
    """A door let the person in on it; what staff said before stays."""
    found = await uow.session.get(Appointment, appointment_id, with_for_update=True)
    if found is None or found.status != "booked":
        return
    found.status = "attended"
    told = AppointmentAttended(appointment=found.state(), how="door", visit_id=visit_id)
    uow.record(found, told, organisation_id=found.organisation_id)


async def mark_appointment(
    runtime: Runtime,
    caller: AuthSubject,
    appointment_id: UUID,
    status: Literal["booked", "attended", "missed"],
) -> None:
    """Staff say whether the person came; `booked` takes it back. Raises NotFound, Forbidden,
    IllegalTransition."""
    inside = await _inside(runtime, caller, appointment_id)
    async with runtime.begin(inside) as uow:
        found = await _held(uow, appointment_id)
        if found.status == status:
            return
        found.mark(status, uow.now)
        told = _TOLD[status](appointment=found.state())
        uow.record(found, told, organisation_id=found.organisation_id)


async def _held(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    found = await uow.get(Appointment, appointment_id)
    await place_of(uow, found.location_id)
    return found


async def _inside(runtime: Runtime, caller: AuthSubject, appointment_id: UUID) -> AuthSubject:
    """The caller within the gym of an appointment that they see."""
    async with runtime.read(caller) as connection:
        query = select(appointment.c.organisation_id).where(appointment.c.id == appointment_id)
        organisation_id = (await connection.execute(query)).scalar_one_or_none()
    if organisation_id is None:
        raise NotFound("There is no appointment with this id.")
    return caller.at(organisation_id)
