"""An appointment is given up."""

from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import Appointment
from gymhopper.contexts.scheduling.domain.costs import Cost, of_cancelling, returned
from gymhopper.contexts.scheduling.domain.errors import StaleCost
from gymhopper.contexts.scheduling.storage.occupation import vacate
from gymhopper.contexts.scheduling.usecases.fill_places import have_lines_seen_again
from gymhopper.contexts.scheduling.usecases.reach_appointment import held_appointment, inside
from gymhopper.contexts.scheduling.usecases.settle_appointment import charge_for
from gymhopper.contexts.scheduling.usecases.timing import APPOINTMENT_MARKED
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentCancelled,
    AppointmentEnding,
)
from gymhopper.kernel.errors import Forbidden


async def cancel_appointment(
    runtime: Runtime,
    caller: AuthSubject,
    appointment_id: UUID,
    *,
    by_gym: bool = False,
    shown_fee: int | None = None,
) -> None:
    """Its time is free again. `by_gym` is staff's: the gym calls it off, at no cost.

    Raises NotFound, Forbidden, IllegalTransition when it is over, and StaleCost when it costs
    something else than was shown.
    """
    if by_gym and caller.person_id is not None:
        raise Forbidden("Only staff say that the gym calls it off.", code="staff_only")
    async with runtime.begin(await inside(runtime, caller, appointment_id)) as uow:
        found = await held_appointment(uow, appointment_id)
        found.require_ahead(uow.now)
        cost = returned(found) if by_gym else of_cancelling(found, uow.now)
        due = 0 if cost.fee is None else cost.fee.amount
        if shown_fee is not None and shown_fee != due:
            raise StaleCost("The cost has changed since it was shown; look again.", field="fee")
        await _end(uow, found, "by_gym" if by_gym else "late" if cost.late else "early", cost)


async def call_off(uow: UnitOfWork, found: Appointment, ending: AppointmentEnding) -> None:
    """End one that is booked and held, at no cost."""
    await _end(uow, found, ending, returned(found))


async def _end(uow: UnitOfWork, found: Appointment, ending: AppointmentEnding, cost: Cost) -> None:
    found.end(ending)
    await vacate(uow.connection, [found.id])
    await uow.unschedule(APPOINTMENT_MARKED, str(found.id))
    told = AppointmentCancelled(
        appointment=found.state(), ending=ending, credits_back=cost.credits_back, fee=cost.fee
    )
    uow.record(found, told, organisation_id=found.organisation_id)
    await have_lines_seen_again(uow, [found.person_id])
    await charge_for(uow, found, cost, "late_cancel")
