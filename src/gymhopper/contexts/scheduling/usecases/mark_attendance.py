"""Who came, and who did not: as staff say, as a door saw, or as the gym has it by default."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.costs import of_missing
from gymhopper.contexts.scheduling.domain.errors import IllegalTransition
from gymhopper.contexts.scheduling.queries.scene import Scene, hold_class
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.end_booking import penalise
from gymhopper.contexts.scheduling.usecases.settle_penalties import forgive, scene_of
from gymhopper.contexts.scheduling.usecases.timing import CLASS_MARKED
from gymhopper.contracts.scheduling.events import (
    AttendanceTakenBack,
    BookingAttended,
    BookingMissed,
)
from gymhopper.contracts.scheduling.state import BookingStatus

EARLIEST = timedelta(hours=2)
"""So long before a class somebody can be said to have come to it."""

How = Literal["staff", "door", "default"]
Mark = Literal["booked", "attended", "missed"]


async def mark(uow: UnitOfWork, booking_id: UUID, status: Mark, by: By) -> None:
    """Staff say that the person came, or did not; `booked` takes back what was said.

    Raises IllegalTransition for a booking without a place, for a class that is far ahead, and for a
    missed class that has not begun.
    """
    booking = await uow.get(Booking, booking_id)
    if booking.status != status:
        await say(uow, await scene_of(uow, booking), booking, status, by)


async def say(uow: UnitOfWork, scene: Scene, booking: Booking, status: Mark, by: By) -> bool:
    """The same of a booking that is held; whether it changes anything."""
    if booking.status == status:
        return False
    if booking.status not in {"booked", "attended", "missed"}:
        raise IllegalTransition(f"This booking is {booking.status}.")
    if uow.now < booking.start_at - EARLIEST:
        raise IllegalTransition("This class is still ahead.")
    if status == "missed" and uow.now < booking.start_at:
        raise IllegalTransition("This class has not begun.")
    was = booking.status
    if was != "booked":
        await _take_back(uow, scene, booking, by)
    if status == "attended":
        _attend(uow, scene, booking, "staff", by=by)
    elif status == "missed":
        await _miss(uow, scene, booking, "staff", by=by)
    _note(uow, booking, was, by)
    return True


async def see_at_door(uow: UnitOfWork, booking_id: UUID, visit_id: UUID) -> None:
    """A door let the person in on the booking; what staff said before stays."""
    booking = await uow.session.get(Booking, booking_id, with_for_update=True)
    if booking is None or booking.status != "booked":
        return
    scene = await scene_of(uow, booking)
    if scene.rules.by_door:
        _attend(uow, scene, booking, "door", visit_id=visit_id)


async def mark_the_rest(uow: UnitOfWork, class_id: UUID) -> None:
    """Nobody said anything for so long after the class: what the gym's rules have holds."""
    scene = await hold_class(uow.connection, class_id)
    if scene.state.status == "cancelled":
        return
    due = scene.state.until + timedelta(hours=scene.rules.unmarked_hours)
    if due > uow.now:
        await uow.schedule(CLASS_MARKED, str(class_id), due)
        return
    unmarked = await uow.session.scalars(
        select(Booking)
        .where(tables.booking.c.class_id == class_id, tables.booking.c.status == "booked")
        .order_by(tables.booking.c.number)
        .with_for_update()
    )
    for each in unmarked.all():
        if scene.rules.unmarked == "attended":
            _attend(uow, scene, each, "default")
        else:
            await _miss(uow, scene, each, "default")


def _attend(
    uow: UnitOfWork,
    scene: Scene,
    booking: Booking,
    how: How,
    *,
    visit_id: UUID | None = None,
    by: By | None = None,
) -> None:
    booking.status, booking.visit_id = "attended", visit_id
    event = BookingAttended(
        booking=booking.state(scene.state, scene.rules), how=how, visit_id=visit_id
    )
    uow.record(booking, event, organisation_id=booking.host_organisation_id, by=by)


async def _miss(
    uow: UnitOfWork,
    scene: Scene,
    booking: Booking,
    how: Literal["staff", "default"],
    *,
    by: By | None = None,
) -> None:
    cost = of_missing(booking)
    booking.status = "missed"
    event = BookingMissed(
        booking=booking.state(scene.state, scene.rules),
        how=how,
        credits_back=cost.credits_back,
        fee=cost.fee,
    )
    uow.record(booking, event, organisation_id=booking.host_organisation_id, by=by)
    await penalise(uow, scene, booking, cost, "no_show", by=by)


async def _take_back(uow: UnitOfWork, scene: Scene, booking: Booking, by: By) -> None:
    again = of_missing(booking).credits_back if booking.status == "missed" else 0
    if booking.status == "missed":
        await forgive(uow, scene, booking, "attendance taken back", by)
    booking.status, booking.visit_id = "booked", None
    event = AttendanceTakenBack(
        booking=booking.state(scene.state, scene.rules), credits_again=again
    )
    uow.record(booking, event, organisation_id=booking.host_organisation_id, by=by)


def _note(uow: UnitOfWork, booking: Booking, was: BookingStatus, by: By) -> None:
    uow.note(
        "scheduling.booking",
        booking.id,
        before={"status": was},
        after={"status": booking.status},
        organisation_id=booking.host_organisation_id,
        person_id=booking.person_id,
        by=by,
    )
