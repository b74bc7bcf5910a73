"""What a booking holds of a membership's credits, as the ledger tells it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gymhopper.contexts.membership.domain.credit import CreditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a booking, or an appointment, takes: so many credits that pay for such a class at its
    start."""

    booking_id: UUID
    membership_id: UUID | None
    class_type_id: UUID
    credits: int
    start: datetime


@dataclass(eq=False, kw_only=True)
class Reservation:
    """`lots` are what is held of each, in the order in which they were used; `overdrawn` credits
    were taken beyond them. `version` is the booking's at the last change that was taken up."""

    version: int = 0
    overdrawn: int = 0
    lots: dict[UUID, int] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[CreditEntry]) -> "Reservation":
        """By all lines that the booking caused, the oldest first."""
        found = cls()
        for each in entries:
            found.version = max(found.version, each.booking_version or 0)
            if each.kind == "overdraw":
                found.overdrawn -= each.units
            elif each.lot_id is not None and each.kind in ("reserve", "release"):
                found.take(each.lot_id, -each.units)
        return found

    def take(self, lot_id: UUID, units: int) -> None:
        """Hold so many more of the lot, or fewer; the first one taken makes it the latest lot."""
        self.lots[lot_id] = self.lots.get(lot_id, 0) + units
        if not self.lots[lot_id]:
            del self.lots[lot_id]

    @property
    def held(self) -> int:
        """All credits that it holds."""
        return self.overdrawn + sum(self.lots.values())

    def latest(self, units: int) -> list[tuple[UUID, int]]:
        """The lots that so many of them return to, the one that was used last first."""
        parts = []
        for lot_id, held in reversed(self.lots.items()):
            part = min(units, held)
            if part > 0:
                parts.append((lot_id, part))
                units -= part
        return parts
