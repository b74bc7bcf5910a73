"""The page of the book on which one booking takes credits and returns them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.credit import CreditEntry, CreditLot, EntryKind
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.reservation import Reservation
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.credit_book import CreditBook

CLASS_STARTS = "membership.class_starts"


@dataclass
class BookingPage:
    """What a booking holds, in a book that is open for a change: the one that its `version` is."""

    book: CreditBook
    booking_id: UUID
    version: int | None
    reservation: Reservation

    @classmethod
    async def open(
        cls, uow: UnitOfWork, membership_id: UUID, booking_id: UUID, version: int | None
    ) -> "BookingPage | None":
        """Hold the membership; None when this version was taken up before, or when it is not of a
        kind that has credits. Without a version nothing is written on the page."""
        membership = await uow.get(Membership, membership_id)
        if membership.offer.pack is None:
            return None
        book = await CreditBook.open(uow, membership_id)
        entry = tables.credit_entry.c
        found = await uow.session.scalars(
            select(CreditEntry)
            .where(
                entry.membership_id == membership_id,
                entry.cause == booking_id,
                entry.booking_version.is_not(None),
            )
            .order_by(entry.id)
        )
        reservation = Reservation.of(found)
        if version is not None and version <= reservation.version:
            return None
        return cls(book, booking_id, version, reservation)

    def write(
        self, kind: EntryKind, lot: CreditLot | None, units: int, *, at: datetime | None = None
    ) -> None:
        """Add a line that this change of the booking caused."""
        self.book.write(kind, lot, units, self.booking_id, at=at, booking_version=self.version)

    @property
    def undated(self) -> list[CreditLot]:
        """The lots whose end waits for a first use, of which the booking holds something."""
        waiting = [each for each in self.book.lots if each.id in self.reservation.lots]
        return [each for each in waiting if each.lasts_from_use and each.expires_at is None]

    async def watch_start(self, start: datetime) -> None:
        """Have the class's start noticed where that is the first use of a lot.

        It is noticed for nothing when the booking holds nothing of it any more by then.
        """
        if self.undated:
            payload = {"membership_id": str(self.book.membership.id)}
            key = str(self.booking_id)
            await self.book.uow.schedule(CLASS_STARTS, key, start, payload)
