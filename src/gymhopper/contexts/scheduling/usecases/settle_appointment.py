"""What becomes of an appointment's fees: they fall due, or staff forgive them."""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import Appointment
from gymhopper.contexts.scheduling.domain.costs import Cost
from gymhopper.contexts.scheduling.domain.errors import IllegalTransition
from gymhopper.contexts.scheduling.domain.penalties import Fee, Why
from gymhopper.contexts.scheduling.usecases.keep_fees import (
    fees_to_waive,
    have_fall_due,
    pending_fees,
    withdraw,
)
from gymhopper.contexts.scheduling.usecases.reach_appointment import held_appointment, of_staff
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentFeeDue,
    AppointmentFeeWaived,
    AppointmentLateCancelUndone,
)
from gymhopper.kernel.ids import new_id


async def charge_for(uow: UnitOfWork, found: Appointment, cost: Cost, why: Why) -> None:
    """The fee that falls due later, where the appointment was made on one."""
    if cost.fee is None or cost.fee.amount <= 0:
        return
    fee = Fee(
        id=new_id(),
        appointment_id=found.id,
        host_organisation_id=found.organisation_id,
        home_organisation_id=found.organisation_id,
        person_id=found.person_id,
        amount=cost.fee.amount,
        currency=cost.fee.currency,
        why=why,
        due_at=uow.now + timedelta(hours=found.terms.fee_hours),
    )
    await have_fall_due(uow, fee)


async def fee_of_appointment_is_due(uow: UnitOfWork, seen: Fee) -> None:
    """Nobody waived it: billing hears of it, once."""
    # Whoever waives it holds the appointment first, too.
    found = await uow.get(Appointment, seen.of)
    fee = await uow.get(Fee, seen.id)
    if fee.status != "pending":
        return
    fee.charge(uow.now)
    event = AppointmentFeeDue(
        appointment=found.state(), fee_id=fee.id, amount=fee.money, why=fee.why
    )
    uow.record(found, event, organisation_id=found.organisation_id)


async def waive_appointment_fee(
    runtime: Runtime, caller: AuthSubject, appointment_id: UUID, reason: str
) -> None:
    """Nothing is charged. Raises NotFound, Forbidden, or IllegalTransition when there is nothing to
    waive."""
    async with runtime.begin(await of_staff(runtime, caller, appointment_id)) as uow:
        found = await held_appointment(uow, appointment_id)
        for each in await fees_to_waive(uow, found.id, "appointment"):
            await _waive(uow, found, each, reason)


async def undo_late_cancellation(
    runtime: Runtime, caller: AuthSubject, appointment_id: UUID
) -> None:
    """The cancellation was in time after all: no fee, and the credits come back.

    Raises NotFound, Forbidden, IllegalTransition when it was not late. A fee that was charged
    already is billing's.
    """
    async with runtime.begin(await of_staff(runtime, caller, appointment_id)) as uow:
        found = await held_appointment(uow, appointment_id)
        if found.ending != "late":
            raise IllegalTransition("This appointment was not cancelled late.")
        found.ending = "early"
        await forgive(uow, found, "late cancellation undone")
        back = 0 if found.terms.late_credits_back else found.credits
        told = AppointmentLateCancelUndone(appointment=found.state(), credits_back=back)
        uow.record(found, told, organisation_id=found.organisation_id)


async def forgive(uow: UnitOfWork, found: Appointment, reason: str) -> None:
    """No fee is left that was not charged yet."""
    for each in await pending_fees(uow, found.id):
        await _waive(uow, found, each, reason)


async def _waive(uow: UnitOfWork, found: Appointment, fee: Fee, reason: str) -> None:
    await withdraw(uow, fee, reason)
    told = AppointmentFeeWaived(appointment=found.state(), fee_id=fee.id, amount=fee.money)
    uow.record(found, told, organisation_id=found.organisation_id)
