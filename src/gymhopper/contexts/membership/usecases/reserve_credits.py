"""A place in a class, or an appointment, takes credits out of the ledger, also such as were not
left any more."""

from datetime import datetime
from uuid import UUID, uuid5

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.credit import for_a_class
from gymhopper.contexts.membership.domain.reservation import Costs
from gymhopper.contexts.membership.usecases.booking_page import BookingPage
from gymhopper.contexts.membership.usecases.credit_book import CREDITS_DATED
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.spend_credit import QUIET
from gymhopper.contracts.membership.events import MembershipCreditOverdrawn
from gymhopper.kernel.money import Money


async def reserve_credits(
    uow: UnitOfWork, booking: Costs, version: int, again: int | None = None
) -> None:
    """Take what the booking costs and does not hold; of what had returned so many `again`."""
    if booking.membership_id is None:
        return
    page = await BookingPage.open(uow, booking.membership_id, booking.booking_id, version)
    if page is None:
        return
    missing = booking.credits - page.reservation.held
    units = missing if again is None else min(missing, again)
    if units > 0:
        await _take(page, booking, units)


async def follow_class(uow: UnitOfWork, booking: Costs, version: int) -> None:
    """The class starts at another time: a lot's first use is then."""
    if booking.membership_id is None:
        return
    page = await BookingPage.open(uow, booking.membership_id, booking.booking_id, version)
    if page is not None:
        await page.watch_start(booking.start)


async def use_what_is_held(
    uow: UnitOfWork, membership_id: UUID, booking_id: UUID, start: datetime
) -> None:
    """A class starts: what a booking holds is used, and a lot's first use sets its end."""
    page = await BookingPage.open(uow, membership_id, booking_id, None)
    if page is None or not page.undated:
        return
    for lot in page.undated:
        lot.expires_at = page.book.term_from(start)
        await page.book.watch(lot)
    page.book.count()
    # Whoever comes to the class is at a door now.
    await uow.schedule(CREDITS_DATED, str(membership_id), uow.now + QUIET)


async def _take(page: BookingPage, booking: Costs, units: int) -> None:
    book = page.book
    beyond = units
    for lot, part in for_a_class(book.lots, booking.class_type_id, booking.start, units):
        revived = max(0, part - lot.left)
        if revived:
            lot.expired -= revived
            page.write("revive", lot, revived)
        page.write("reserve", lot, -part, at=booking.start)
        page.reservation.take(lot.id, part)
        beyond -= part
    if beyond:
        page.write("overdraw", None, -beyond, at=booking.start)
        if book.pack.overshoot == "next_lot":
            book.membership.credit_overdrawn += beyond
    await page.watch_start(booking.start)
    await book.close(page.booking_id)
    if beyond:
        await _tell_overdrawn(page, beyond)


async def _tell_overdrawn(page: BookingPage, units: int) -> None:
    book, each = page.book, page.book.unit_price
    event = MembershipCreditOverdrawn(
        membership=book.membership.state(book.uow.now),
        visit_id=uuid5(page.booking_id, str(page.version)),
        policy=book.pack.overshoot,
        price=Money(each.amount * units, each.currency),
        booking_id=page.booking_id,
    )
    await publish(book.uow, book.membership, event)
