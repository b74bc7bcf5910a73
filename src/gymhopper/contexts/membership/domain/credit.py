"""Credits: lots that are used up, and the ledger that says what became of each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.contracts.membership.credits.lots import LotLeft, in_order_of_use
from gymhopper.kernel.money import Money

Source = Literal["purchase", "goodwill"]

EntryKind = Literal[
    "grant",
    "spend",
    "overdraw",
    "settle",
    "give_back",
    "expire",
    "revive",
    "refund",
    "hand_over",
    "take_over",
    "reserve",
    "release",
]


@dataclass(eq=False, kw_only=True)
class CreditLot:
    """`units` of one source, of which `left` are left and `expired` ran out; `price` is of all.

    `cause` is what they came from: the claim that was paid, or the gift. `expires_at` is None as
    long as nothing has set it: it never does (`lasts_from_use` False), or the first use will.
    `class_types` None pays for all classes; `visits` tells whether it opens doors.
    """

    id: UUID
    organisation_id: UUID
    membership_id: UUID
    source: Source
    cause: UUID
    units: int
    price: Money
    tax_code: str
    visits: bool
    class_types: tuple[UUID, ...] | None
    granted_at: datetime
    expires_at: datetime | None
    lasts_from_use: bool
    left: int
    expired: int = 0

    def is_good(self, at: datetime) -> bool:
        """Whether its credits can be used at that instant."""
        return self.expires_at is None or at < self.expires_at

    def worth(self, units: int) -> Money:
        """The price of so many of its units that are left, given back from the last one on.

        Rounded down from the first unit on, so that all together are the whole price.
        """
        before, after = self.left * self.price.amount, (self.left - units) * self.price.amount
        return Money(before // self.units - after // self.units, self.price.currency)

    @property
    def unit_price(self) -> Money:
        """What one unit costs, the fraction rounded down."""
        return Money(self.price.amount // self.units, self.price.currency)


@dataclass(eq=False, kw_only=True)
class CreditEntry:
    """A line of the ledger, never changed: `units` more (or fewer) in the lot.

    `cause` is the visit, claim, gift, refund or booking behind it; a kind has a cause once. What is
    overdrawn has no lot. A booking takes and returns several times, of several lots: a kind has it
    once for each lot and `booking_version`, the booking's own at that change. The instant `at` of
    what it takes is the start of its class.
    """

    id: UUID
    organisation_id: UUID
    membership_id: UUID
    lot_id: UUID | None
    kind: EntryKind
    units: int
    cause: UUID
    at: datetime
    recorded_at: datetime
    actor: str
    reason: str = ""
    booking_version: int | None = None


def to_open_a_door(lots: Iterable[CreditLot], at: datetime) -> CreditLot | None:
    """The lot that a visit at that instant uses: the one that expires first.

    A lot that has run out since then still pays for a visit that was before, and is heard of late.
    """
    good = [x for x in lots if x.visits and x.is_good(at) and x.left + x.expired > 0]
    return min(good, key=_soonest, default=None)


def for_a_class(
    lots: Iterable[CreditLot], class_type_id: UUID, start: datetime, units: int
) -> list[tuple[CreditLot, int]]:
    """What each lot gives towards so many credits for a class of that type that starts then.

    Whoever spends by a copy of what is left uses the lots in the same order. As at a door, one that
    has run out since then still pays for what was before, and is heard of late.
    """
    known = {each.id: each for each in lots}
    parts = []
    for each in in_order_of_use(_left(lot, lot.left + lot.expired) for lot in known.values()):
        part = min(units, each.left) if each.pays_for(class_type_id, start) else 0
        if part:
            parts.append((known[each.lot_id], part))
            units -= part
    return parts


def all_left(lots: Iterable[CreditLot]) -> tuple[LotLeft, ...]:
    """The lots of which something is left, as others hear of them."""
    return tuple(_left(each, each.left) for each in lots if each.left)


def for_doors(lots: Iterable[CreditLot]) -> int:
    """How many visits the lots still pay for."""
    return sum(each.left for each in lots if each.visits)


def last_expiry(lots: Iterable[CreditLot]) -> datetime | None:
    """When the last of them runs out; None when one does not, or there is none."""
    ends = [each.expires_at for each in lots]
    return None if None in ends else max((x for x in ends if x is not None), default=None)


def _left(lot: CreditLot, units: int) -> LotLeft:
    return LotLeft(
        lot_id=lot.id,
        left=units,
        class_types=lot.class_types,
        expires_at=lot.expires_at,
        granted_at=lot.granted_at,
    )


def _soonest(lot: CreditLot) -> tuple[bool, datetime, UUID]:
    return lot.expires_at is None, lot.expires_at or lot.granted_at, lot.id
