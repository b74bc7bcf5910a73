"""Who may change an appointment, and see it: whose it is, their guardians, the gym's staff."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import Appointment
from gymhopper.contexts.scheduling.storage.appointment_tables import appointment
from gymhopper.contexts.scheduling.usecases.guardians import guards
from gymhopper.contexts.scheduling.usecases.reach import place_of
from gymhopper.kernel.errors import Forbidden, NotFound


async def seen_appointment(runtime: Runtime, caller: AuthSubject, appointment_id: UUID) -> Row[Any]:
    """Its row, when the caller may see it. Raises NotFound."""
    async with runtime.read(caller) as connection:
        found = await _row(connection, appointment_id)
    if found is None and caller.person_id is not None:
        # The row of somebody whom the caller guards is not theirs in the database.
        async with runtime.read(SERVICE) as connection:
            found = await _row(connection, appointment_id)
        if found is not None and not await _guarded(runtime, caller, found.member_id):
            found = None
    if found is None:
        raise NotFound("There is no appointment with this id.")
    return found


async def inside(runtime: Runtime, caller: AuthSubject, appointment_id: UUID) -> AuthSubject:
    """The caller within the gym of an appointment that they see. Raises NotFound."""
    return caller.at((await seen_appointment(runtime, caller, appointment_id)).organisation_id)


async def of_staff(runtime: Runtime, caller: AuthSubject, appointment_id: UUID) -> AuthSubject:
    """The same of staff alone: Forbidden for anybody else who sees it."""
    within = await inside(runtime, caller, appointment_id)
    if caller.person_id is not None:
        raise Forbidden("This is for staff.", code="staff_only")
    return within


async def held_appointment(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """It, held. Raises Forbidden for staff of other places."""
    found = await uow.get(Appointment, appointment_id)
    await place_of(uow, found.location_id)
    return found


async def _row(connection: AsyncConnection, appointment_id: UUID) -> Row[Any] | None:
    query = select(appointment).where(appointment.c.id == appointment_id)
    return (await connection.execute(query)).one_or_none()


async def _guarded(runtime: Runtime, caller: AuthSubject, member_id: UUID | None) -> bool:
    return member_id is not None and await guards(runtime, caller, member_id)
