"""Fees of bookings and of appointments: they wait, are charged, or are waived."""

from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.errors import IllegalTransition
from gymhopper.contexts.scheduling.domain.penalties import Fee
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.timing import FEE_DUE


async def have_fall_due(uow: UnitOfWork, fee: Fee) -> None:
    """It is charged when it is due. What was charged before for the same is not asked for again."""
    if await _charged(uow, fee):
        return
    uow.add(fee)
    await uow.schedule(FEE_DUE, str(fee.id), fee.due_at)


async def pending_fees(uow: UnitOfWork, of: UUID) -> list[Fee]:
    """Those of a booking or an appointment that are not settled, held."""
    return [each for each in await _fees(uow, of) if each.status == "pending"]


async def fees_to_waive(uow: UnitOfWork, of: UUID, what: str) -> list[Fee]:
    """The same, at least one. Raises IllegalTransition when there is nothing to waive."""
    found = await _fees(uow, of)
    if not found:
        raise IllegalTransition(f"There is no fee for this {what}.")
    pending = [each for each in found if each.status == "pending"]
    if not pending:
        raise IllegalTransition(f"The fee is {found[-1].status} already.")
    return pending


async def withdraw(uow: UnitOfWork, fee: Fee, reason: str, by: By | None = None) -> None:
    """Waive one that is pending. `by` is who did it, where the transaction is not theirs."""
    fee.waive(reason, uow.now)
    await uow.unschedule(FEE_DUE, str(fee.id))
    if by is not None:
        uow.note(
            "scheduling.fee",
            fee.id,
            before={"status": "pending"},
            after={"status": fee.status},
            organisation_id=fee.host_organisation_id,
            person_id=fee.person_id,
            by=by,
        )


async def _charged(uow: UnitOfWork, fee: Fee) -> bool:
    table = tables.fee.c
    query = select(table.id).where(_is_of(fee.of), table.why == fee.why, table.status == "charged")
    return (await uow.session.execute(query)).first() is not None


async def _fees(uow: UnitOfWork, of: UUID) -> list[Fee]:
    found = await uow.session.scalars(
        select(Fee).where(_is_of(of)).order_by(tables.fee.c.id).with_for_update()
    )
    return list(found)


def _is_of(key: UUID) -> ColumnElement[bool]:
    return or_(tables.fee.c.booking_id == key, tables.fee.c.appointment_id == key)
