"""What a booking had taken returns to where it came from, or to where it is of use."""

from datetime import timedelta

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.credit import CreditLot
from gymhopper.contexts.membership.domain.reservation import Costs
from gymhopper.contexts.membership.usecases.booking_page import BookingPage
from gymhopper.contexts.membership.usecases.credit_book import CreditBook
from gymhopper.contexts.membership.usecases.grant_credits import new_gift
from gymhopper.kernel.calendar import local_date, start_of_day

GOOD_AGAIN = timedelta(days=30)
"""How long a credit is good that the gym gives back after its lot has run out."""


async def release_credits(
    uow: UnitOfWork, booking: Costs, version: int, units: int, *, by_gym: bool = False
) -> None:
    """Return so many of those that the booking holds, the latest first.

    What its lot has run out of meanwhile is lost at once; but a class that the gym called off costs
    nothing: its credits are good for 30 days more.
    """
    if booking.membership_id is None:
        return
    page = await BookingPage.open(uow, booking.membership_id, booking.booking_id, version)
    if page is None:
        return
    beyond = min(units, page.reservation.overdrawn)
    parts = page.reservation.latest(units - beyond)
    if not beyond and not parts:
        return
    if beyond:
        await _take_overdraft_back(page, beyond)
    heir = await _heir(page)
    for lot_id, part in parts:
        lot = page.book.lot(lot_id)
        if lot is not None:
            await _return(page, lot, part, by_gym=by_gym, heir=heir)
    await page.book.close(page.booking_id)
    if heir is not None:
        await heir.close()


async def _take_overdraft_back(page: BookingPage, units: int) -> None:
    """What was forgiven cost nothing. What was charged, or paid by a later lot, is good for as long
    as a pack that is bought now."""
    book = page.book
    page.write("overdraw", None, units)
    paid = 0 if book.pack.overshoot == "forgive" else units
    if book.pack.overshoot == "next_lot":
        owed = min(units, book.membership.credit_overdrawn)
        book.membership.credit_overdrawn -= owed
        paid -= owed
    if paid:
        lot = new_gift(book, paid)
        if book.pack.expires_from != "never":
            lot.expires_at = book.term_from(book.uow.now)
        await book.put(lot)
        page.write("grant", lot, paid)
        await book.watch(lot)


async def _return(
    page: BookingPage, lot: CreditLot, units: int, *, by_gym: bool, heir: CreditBook | None
) -> None:
    book, now = page.book, page.book.uow.now
    page.write("release", lot, units)
    if lot.is_good(now):
        if heir is not None:
            await _move(page, lot, units, heir, lasting_as=lot)
    elif by_gym and not book.membership.is_over(now):
        await _move(page, lot, units, book)
    else:
        lot.expired += units
        page.write("expire", lot, -units)


async def _move(
    page: BookingPage,
    lot: CreditLot,
    units: int,
    into: CreditBook,
    *,
    lasting_as: CreditLot | None = None,
) -> None:
    """Put them into a lot of their own, which nothing is paid back for."""
    gift = new_gift(into, units)
    if lasting_as is None:
        zone = into.membership.zone
        gift.expires_at = start_of_day(local_date(into.uow.now + GOOD_AGAIN, zone), zone)
    else:
        gift.expires_at, gift.lasts_from_use = lasting_as.expires_at, lasting_as.lasts_from_use
    await into.put(gift)
    page.write("hand_over", lot, -units)
    into.write("take_over", gift, units, page.booking_id, booking_version=page.version)
    await into.watch(gift)


async def _heir(page: BookingPage) -> CreditBook | None:
    """The membership that this one went over to has what is left of it."""
    membership = page.book.membership
    to = membership.transferred_to
    if to is None or membership.contract != "ended" or membership.end_reason != "transferred":
        return None
    return await CreditBook.open(page.book.uow, to)
