"""Lines come to an end: an offer is not taken, a class begins."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.costs import NOTHING
from gymhopper.contexts.scheduling.queries.scene import Scene, hold_class
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.end_booking import end_booking
from gymhopper.contexts.scheduling.usecases.fill_places import have_filled, save_counts
from gymhopper.contexts.scheduling.usecases.timing import CLASS_BEGINS
from gymhopper.contracts.scheduling.events import BookingOfferEnded


async def end_offer(uow: UnitOfWork, booking_id: UUID) -> None:
    """An offer has run out; the place goes to the next in line."""
    seen = await uow.session.get(Booking, booking_id)
    if seen is None:
        return
    scene = await hold_class(uow.connection, seen.class_id)
    booking = await uow.get(Booking, booking_id)
    if booking.status != "offered" or booking.offered_until is None:
        return
    if booking.offered_until <= uow.now:
        await _lapse(uow, scene, booking)
        await save_counts(uow, scene)
        await have_filled(uow, scene)


async def begin_class(uow: UnitOfWork, class_id: UUID) -> None:
    """The class begins: who still stands in line has no place."""
    scene = await hold_class(uow.connection, class_id)
    if scene.state.status == "cancelled":
        return
    if scene.state.start > uow.now:
        await uow.schedule(CLASS_BEGINS, str(class_id), scene.state.start)
        return
    waiting = await uow.session.scalars(
        select(Booking)
        .where(
            tables.booking.c.class_id == class_id,
            tables.booking.c.status.in_(("waiting", "offered")),
        )
        .order_by(tables.booking.c.number)
        .with_for_update()
    )
    for each in waiting.all():
        await _lapse(uow, scene, each)
    await save_counts(uow, scene)


async def _lapse(uow: UnitOfWork, scene: Scene, booking: Booking) -> None:
    if booking.status == "offered":
        told = BookingOfferEnded(booking=booking.state(scene.state, scene.rules), why="expired")
        uow.record(booking, told, organisation_id=booking.host_organisation_id)
    await end_booking(uow, scene, booking, "lapsed", NOTHING)
