"""A member, or staff for them, gives a place up, or takes one that is offered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain import asking
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.costs import of_cancelling, returned
from gymhopper.contexts.scheduling.domain.eligibility import judge
from gymhopper.contexts.scheduling.domain.errors import IllegalTransition, StaleCost
from gymhopper.contexts.scheduling.domain.refusals import BookingRefused, Refusal
from gymhopper.contexts.scheduling.queries.bookers import bookers, hold
from gymhopper.contexts.scheduling.queries.bookings import BookingView, booking_view
from gymhopper.contexts.scheduling.queries.scene import Scene, hold_class
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.end_booking import end_booking
from gymhopper.contexts.scheduling.usecases.fill_places import have_filled, save_counts
from gymhopper.contexts.scheduling.usecases.guardians import guards
from gymhopper.contexts.scheduling.usecases.reach import require_location
from gymhopper.contexts.scheduling.usecases.standings import standings_at
from gymhopper.contexts.scheduling.usecases.timing import OFFER_ENDS
from gymhopper.contracts.scheduling.events import BookingOfferEnded, BookingPromoted
from gymhopper.contracts.scheduling.state import Ending
from gymhopper.kernel.errors import Forbidden, NotFound

NO_BOOKING = "There is no booking with this id."


async def cancel_booking(
    runtime: Runtime,
    caller: AuthSubject,
    booking_id: UUID,
    *,
    shown_fee: int | None = None,
    free: bool = False,
) -> None:
    """End the booking, with those of guests who came along with it.

    Raises NotFound, IllegalTransition when it is over, and StaleCost when it costs something else
    than was shown. `free` is staff's: at no cost, however late.
    """
    seen = await booking_of(runtime, caller, booking_id)
    if free and caller.person_id is not None:
        raise Forbidden("Only staff forgive what a cancellation costs.", code="staff_only")
    by = By.present(caller, runtime.clock.now())
    async with runtime.begin(SERVICE) as uow:
        scene = await hold_class(uow.connection, seen.class_id)
        booking = await uow.get(Booking, booking_id)
        if booking.status not in {"booked", "offered", "waiting"}:
            raise IllegalTransition(f"This booking is {booking.status}.")
        if uow.now >= booking.until_at:
            raise IllegalTransition("This class is over.")
        cost = of_cancelling(booking, uow.now)
        if free:
            cost = returned(booking)
        due = 0 if cost.fee is None else cost.fee.amount
        if shown_fee is not None and shown_fee != due:
            raise StaleCost("The cost has changed since it was shown; look again.", field="fee")
        if booking.status == "offered":
            told = BookingOfferEnded(
                booking=booking.state(scene.state, scene.rules), why="declined"
            )
            uow.record(booking, told, organisation_id=booking.host_organisation_id, by=by)
        ending: Ending = (
            "lapsed" if booking.status != "booked" else "late" if cost.late else "early"
        )
        await end_booking(uow, scene, booking, ending, cost, by=by)
        for guest in await _guests(uow, booking_id):
            await end_booking(uow, scene, guest, "released", returned(guest), by=by)
        await save_counts(uow, scene)
        await have_filled(uow, scene)


async def accept(runtime: Runtime, caller: AuthSubject, booking_id: UUID) -> None:
    """Take the place that is offered, or, once nobody is moved up any more, one that is free.

    Raises NotFound, IllegalTransition for a booking that is not in line, BookingRefused.
    """
    seen = await booking_of(runtime, caller, booking_id)
    standings = await standings_at(runtime, seen.class_id, [seen.person_id])
    by = By.present(caller, runtime.clock.now())
    async with runtime.begin(SERVICE) as uow:
        scene = await hold_class(uow.connection, seen.class_id)
        booking = await uow.get(Booking, booking_id)
        _require_offer(scene, booking, uow.now)
        await hold(uow.connection, [booking.person_id])
        known = await bookers(
            uow.connection, [scene.occasion], [booking.person_id], uow.now, standings
        )
        seen_here = asking.seen_from(
            known[booking.person_id], scene.state.host_organisation_id, scene.caps
        )
        found = judge(seen_here, scene.occasion, uow.now, promotes=booking.id)
        if isinstance(found, Refusal):
            raise BookingRefused(found)
        if found.held is None:
            raise BookingRefused(Refusal("NO_MEMBERSHIP"))
        if booking.status == "offered":
            await uow.unschedule(OFFER_ENDS, str(booking.id))
        else:
            scene.fill(booking.lane)
            scene.waiting -= 1
        booking.status, booking.offered_until = "booked", None
        booking.membership_id = found.held.state.membership_id
        booking.credits = found.credits
        event = BookingPromoted(booking=booking.state(scene.state, scene.rules))
        uow.record(booking, event, organisation_id=booking.host_organisation_id, by=by)
        await save_counts(uow, scene)


def _require_offer(scene: Scene, booking: Booking, now: datetime) -> None:
    if booking.status == "offered":
        if booking.offered_until is not None and booking.offered_until <= now:
            raise IllegalTransition("This offer has run out.")
        return
    if booking.status != "waiting":
        raise IllegalTransition("This booking does not stand in line.")
    if scene.line_moves(now) or not scene.takes(booking.lane):
        raise IllegalTransition("There is no free place for this booking now.")


async def booking_of(runtime: Runtime, caller: AuthSubject, booking_id: UUID) -> BookingView:
    """The booking, if the caller may change it: whose it is, their guardian, whoever brought them
    as a guest, staff of the gym, or of the network whose member comes. Raises NotFound."""
    async with runtime.read(SERVICE) as connection:
        seen = await booking_view(connection, booking_id)
    if caller.everywhere:
        return seen
    if caller.person_id is not None:
        own = caller.acts_as(seen.person_id, seen.home_organisation_id)
        brought = caller.acts_as(seen.host_person_id or seen.person_id, seen.host_organisation_id)
        if own or brought or await guards(runtime, caller, seen.member_id):
            return seen
        raise NotFound(NO_BOOKING)
    if caller.organisation_id not in {seen.host_organisation_id, seen.home_organisation_id}:
        raise NotFound(NO_BOOKING)
    if caller.organisation_id == seen.host_organisation_id:
        async with runtime.read(SERVICE) as connection:
            await require_location(connection, caller, seen.location_id)
    return seen


async def _guests(uow: UnitOfWork, booking_id: UUID) -> list[Booking]:
    found = await uow.session.scalars(
        select(Booking)
        .where(
            tables.booking.c.host_booking_id == booking_id,
            tables.booking.c.status != "cancelled",
        )
        .order_by(tables.booking.c.number)
        .with_for_update()
    )
    return list(found)
