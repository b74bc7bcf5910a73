"""The book of a membership's credits, as long as a transaction holds the membership."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.credit import (
    CreditEntry,
    CreditLot,
    EntryKind,
    all_left,
    for_doors,
    last_expiry,
)
from gymhopper.contexts.membership.domain.errors import NoCredits
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.offer import Pack
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contracts.membership.credits.events import MembershipCreditsCounted
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

CREDITS_EXPIRE = "membership.credits_expire"
CREDITS_DATED = "membership.credits_dated"


@dataclass
class CreditBook:
    """A membership whose row is held, and its lots: nobody else writes into it meanwhile."""

    uow: UnitOfWork
    membership: Membership
    pack: Pack
    lots: list[CreditLot]
    told: tuple[LotLeft, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.told = all_left(self.lots)

    @classmethod
    async def open(cls, uow: UnitOfWork, membership_id: UUID) -> "CreditBook":
        """Hold the membership; NoCredits when it is not of a kind that has some."""
        membership = await uow.get(Membership, membership_id)
        pack = membership.offer.pack
        if pack is None:
            raise NoCredits("This membership has no credits.")
        lots = await uow.session.scalars(
            select(CreditLot)
            .where(tables.credit_lot.c.membership_id == membership_id)
            .order_by(tables.credit_lot.c.id)
        )
        return cls(uow, membership, pack, list(lots))

    def lot(self, lot_id: UUID) -> CreditLot | None:
        """The lot of that id."""
        return next((each for each in self.lots if each.id == lot_id), None)

    async def put(self, lot: CreditLot) -> None:
        """A new lot, into which lines can be written then."""
        self.uow.add(lot)
        self.lots.append(lot)
        await self.uow.flush()

    async def entry(self, kind: EntryKind, cause: UUID) -> CreditEntry | None:
        """The line of that kind that this caused."""
        found = await self.uow.session.scalars(
            select(CreditEntry).where(
                tables.credit_entry.c.membership_id == self.membership.id,
                tables.credit_entry.c.kind == kind,
                tables.credit_entry.c.cause == cause,
            )
        )
        return found.one_or_none()

    def write(
        self,
        kind: EntryKind,
        lot: CreditLot | None,
        units: int,
        cause: UUID,
        *,
        at: datetime | None = None,
        reason: str = "",
        booking_version: int | None = None,
    ) -> None:
        """Add a line, and change what is left in its lot."""
        if lot is not None:
            lot.left += units
        self.uow.add(
            CreditEntry(
                id=new_id(),
                organisation_id=self.membership.organisation_id,
                membership_id=self.membership.id,
                lot_id=None if lot is None else lot.id,
                kind=kind,
                units=units,
                cause=cause,
                at=at or self.uow.now,
                recorded_at=self.uow.now,
                actor=self.uow.subject.actor,
                reason=reason,
                booking_version=booking_version,
            )
        )

    @property
    def unit_price(self) -> Money:
        """What a credit costs that is used beyond those that there are: as in the last pack."""
        bought = [each for each in self.lots if each.source == "purchase"]
        return bought[-1].unit_price if bought else self.membership.price

    def term_from(self, first: datetime) -> datetime:
        """Where a term ends that begins on the local day of that instant, or on the first day."""
        membership = self.membership
        day = max(local_date(first, membership.zone), membership.starts_on)
        return start_of_day(membership.term.boundary(day, 1), membership.zone)

    async def watch(self, lot: CreditLot) -> None:
        """Have the lot's end noticed when it comes."""
        if lot.expires_at is not None:
            payload = {"membership_id": str(self.membership.id)}
            await self.uow.schedule(CREDITS_EXPIRE, str(lot.id), lot.expires_at, payload)

    async def close(self, booking_id: UUID | None = None) -> None:
        """Tell doors what became different for them, and others what is left; see `count`."""
        await self.tell_doors()
        self.count(booking_id)

    async def tell_doors(self) -> None:
        """Tell what became different for them: nothing, when a visit used what it had."""
        membership, now = self.membership, self.uow.now
        event = membership.have_credits(
            membership.credit_visits + for_doors(self.lots), last_expiry(self.lots), now
        )
        await publish(self.uow, membership, event)

    def count(self, booking_id: UUID | None = None) -> None:
        """Tell whoever spends credits elsewhere what is left, when that became different.

        With a booking in any case: who made it waits for the ledger to have taken it up.
        """
        left = all_left(self.lots)
        if left == self.told and booking_id is None:
            return
        self.told = left
        event = MembershipCreditsCounted(
            membership=self.membership.state(self.uow.now), lots=left, booking_id=booking_id
        )
        self.uow.record(self.membership, event, organisation_id=self.membership.organisation_id)
