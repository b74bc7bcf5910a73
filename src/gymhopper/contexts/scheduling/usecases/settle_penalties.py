"""What becomes of fees and strikes: they fall due, or staff forgive them."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.errors import IllegalTransition
from gymhopper.contexts.scheduling.domain.penalties import Fee, Strike
from gymhopper.contexts.scheduling.queries.scene import Scene, look_at_classes
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.keep_fees import (
    fees_to_waive,
    pending_fees,
    withdraw,
)
from gymhopper.contexts.scheduling.usecases.settle_appointment import fee_of_appointment_is_due
from gymhopper.contracts.scheduling.events import (
    BookingFeeDue,
    BookingFeeWaived,
    LateCancelUndone,
    StrikeTakenBack,
)


async def fall_due(uow: UnitOfWork, fee_id: UUID) -> None:
    """The time to waive a fee is over: billing hears of it, once."""
    seen = await uow.session.get(Fee, fee_id)
    if seen is None:
        return
    if seen.booking_id is None:
        await fee_of_appointment_is_due(uow, seen)
        return
    # Whoever waives it holds the booking first, too.
    booking = await uow.get(Booking, seen.booking_id)
    fee = await uow.get(Fee, fee_id)
    if fee.status != "pending":
        return
    scene = await scene_of(uow, booking)
    fee.charge(uow.now)
    event = BookingFeeDue(
        booking=booking.state(scene.state, scene.rules),
        fee_id=fee.id,
        amount=fee.money,
        why=fee.why,
    )
    uow.record(booking, event, organisation_id=fee.host_organisation_id)


async def waive_fee(uow: UnitOfWork, booking_id: UUID, reason: str, by: By) -> None:
    """Nothing is charged. Raises NotFound, or IllegalTransition when there is nothing to waive."""
    booking = await uow.get(Booking, booking_id)
    pending = await fees_to_waive(uow, booking_id, "booking")
    scene = await scene_of(uow, booking)
    for each in pending:
        await _waive(uow, scene, booking, each, reason, by)


async def undo_late_cancel(uow: UnitOfWork, booking_id: UUID, by: By) -> None:
    """The cancellation was in time after all: no fee, no strike, and the credits come back.

    Raises IllegalTransition when it was not late. A fee that was charged already is billing's.
    """
    booking = await uow.get(Booking, booking_id)
    if booking.ending != "late":
        raise IllegalTransition("This booking was not cancelled late.")
    scene = await scene_of(uow, booking)
    booking.ending = "early"
    await forgive(uow, scene, booking, "late cancellation undone", by)
    back = 0 if booking.terms.late_credits_back else booking.credits
    event = LateCancelUndone(booking=booking.state(scene.state, scene.rules), credits_back=back)
    uow.record(booking, event, organisation_id=booking.host_organisation_id, by=by)
    uow.note(
        "scheduling.booking",
        booking.id,
        before={"late": True},
        after={"late": False},
        organisation_id=booking.host_organisation_id,
        person_id=booking.person_id,
        by=by,
    )


async def forgive(
    uow: UnitOfWork, scene: Scene, booking: Booking, reason: str, by: By | None
) -> None:
    """Neither a fee that was not charged yet nor a strike is left of the booking."""
    for each in await pending_fees(uow, booking.id):
        await _waive(uow, scene, booking, each, reason, by)
    struck = await uow.session.scalars(
        select(Strike)
        .where(tables.strike.c.booking_id == booking.id, tables.strike.c.taken_back_at.is_(None))
        .with_for_update()
    )
    for strike in struck.all():
        strike.taken_back_at = uow.now
        event = StrikeTakenBack(
            strike_id=strike.id,
            organisation_id=strike.organisation_id,
            person_id=strike.person_id,
            booking_id=booking.id,
        )
        uow.record(strike, event, organisation_id=strike.organisation_id, by=by)


async def scene_of(uow: UnitOfWork, booking: Booking) -> Scene:
    """The booking's class, as it is now, not held."""
    found = await look_at_classes(uow.connection, [booking.class_id])
    return found[booking.class_id]


async def _waive(
    uow: UnitOfWork, scene: Scene, booking: Booking, fee: Fee, reason: str, by: By | None
) -> None:
    await withdraw(uow, fee, reason, by)
    event = BookingFeeWaived(
        booking=booking.state(scene.state, scene.rules), fee_id=fee.id, amount=fee.money
    )
    uow.record(booking, event, organisation_id=fee.host_organisation_id, by=by)
