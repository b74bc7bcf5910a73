"""Credits come into being: a pack was paid for, or the desk gives some away."""

from datetime import date
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.credit import CreditLot, Source
from gymhopper.contexts.membership.domain.errors import DateOutOfRange, IllegalTransition
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.usecases.credit_book import CreditBook
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


async def grant_bought(uow: UnitOfWork, membership_id: UUID, claim_id: UUID) -> None:
    """The pack's credits, once for each claim that was paid; nothing for any other membership."""
    membership = await uow.get(Membership, membership_id)
    if membership.offer.pack is None:
        return
    book = await CreditBook.open(uow, membership_id)
    if await book.entry("grant", claim_id) is None:
        expires = None
        if book.pack.expires_from == "purchase":
            expires = book.term_from(uow.now)
        lot = new_lot(book, "purchase", claim_id, book.pack.units, membership.price)
        lot.expires_at, lot.lasts_from_use = expires, book.pack.expires_from == "first_use"
        await _grant(book, lot)


async def give_credits(
    uow: UnitOfWork, membership_id: UUID, units: int, until: date | None, reason: str
) -> UUID:
    """Give credits away; they are good before the local day `until`, without it for ever."""
    book = await CreditBook.open(uow, membership_id)
    zone = book.membership.zone
    if book.membership.is_over(uow.now):
        raise IllegalTransition("This membership has ended.")
    if until is not None and until <= local_date(uow.now, zone):
        raise DateOutOfRange("They are good for today at least.", field="until")
    lot = new_gift(book, units)
    lot.expires_at = None if until is None else start_of_day(until, zone)
    await _grant(book, lot, reason)
    return lot.id


def new_gift(book: CreditBook, units: int) -> CreditLot:
    """A lot that cost nothing, and is for nothing else than the pack is."""
    return new_lot(book, "goodwill", new_id(), units, Money(0, book.membership.price.currency))


def new_lot(book: CreditBook, source: Source, cause: UUID, units: int, price: Money) -> CreditLot:
    """A lot of the pack's kind, which is empty, and does not expire until it is told to."""
    return CreditLot(
        id=new_id(),
        organisation_id=book.membership.organisation_id,
        membership_id=book.membership.id,
        source=source,
        cause=cause,
        units=units,
        price=price,
        tax_code=book.membership.offer.tax_code,
        visits=book.pack.visits,
        class_types=book.pack.class_types,
        granted_at=book.uow.now,
        expires_at=None,
        lasts_from_use=False,
        left=0,
    )


async def _grant(book: CreditBook, lot: CreditLot, reason: str = "") -> None:
    await book.put(lot)
    book.write("grant", lot, lot.units, lot.cause, reason=reason)
    owed = min(book.membership.credit_overdrawn, lot.left)
    if owed:
        book.membership.credit_overdrawn -= owed
        book.write("settle", lot, -owed, lot.id)
    await book.watch(lot)
    await book.close()
