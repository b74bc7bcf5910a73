"""A visit uses up a credit, also one for which there was none left."""

from datetime import datetime, timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.credit import to_open_a_door
from gymhopper.contexts.membership.usecases.credit_book import CREDITS_DATED, CreditBook
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contracts.membership.events import MembershipCreditOverdrawn

QUIET = timedelta(minutes=1)
"""News of a first use wait for so long: a door that hears of other rights answers a card that it
has just seen anew, and would count a second visit."""


async def spend_credit(uow: UnitOfWork, membership_id: UUID, visit_id: UUID, at: datetime) -> None:
    """Take the credit of a visit that a door allowed at that instant; once for each visit.

    A door counts by itself and hears of other doors a moment later. What goes beyond the credits
    is written down as overdrawn, and settled as the plan says.
    """
    book = await CreditBook.open(uow, membership_id)
    for kind in ("spend", "overdraw"):
        if await book.entry(kind, visit_id) is not None:
            return
    membership = book.membership
    membership.credit_visits += 1
    lot = to_open_a_door(book.lots, at)
    if lot is None:
        await _overdraw(book, visit_id, at)
        return
    revived = not lot.left
    if revived:
        lot.expired -= 1
        book.write("revive", lot, 1, visit_id, at=at)
    book.write("spend", lot, -1, visit_id, at=at)
    if lot.lasts_from_use and lot.expires_at is None:
        lot.expires_at = book.term_from(at)
        await book.watch(lot)
        await uow.schedule(CREDITS_DATED, str(membership.id), uow.now + QUIET)
    if revived:
        await book.tell_doors()
    book.count()


async def tell_end(uow: UnitOfWork, membership_id: UUID) -> None:
    """Tell the end that a first use has set."""
    book = await CreditBook.open(uow, membership_id)
    await book.close()


async def _overdraw(book: CreditBook, visit_id: UUID, at: datetime) -> None:
    membership, policy = book.membership, book.pack.overshoot
    book.write("overdraw", None, -1, visit_id, at=at)
    if policy == "next_lot":
        membership.credit_overdrawn += 1
    await book.close()
    event = MembershipCreditOverdrawn(
        membership=membership.state(book.uow.now),
        visit_id=visit_id,
        policy=policy,
        price=book.unit_price,
    )
    await publish(book.uow, membership, event)
