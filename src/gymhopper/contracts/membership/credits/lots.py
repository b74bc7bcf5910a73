"""Credits as the ledger tells of them, for those who spend them elsewhere."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec


class LotLeft(msgspec.Struct, frozen=True, kw_only=True):
    """A lot of credits of which `left` are left; `class_types` None pays for all classes.

    `expires_at` None: it does not expire, or its first use will say when it does.
    """

    lot_id: UUID
    left: int
    class_types: tuple[UUID, ...] | None = None
    expires_at: datetime | None = None
    granted_at: datetime

    def pays_for(self, class_type_id: UUID, at: datetime) -> bool:
        """Whether its credits can be used for such a class at that instant, if any are left."""
        return (self.class_types is None or class_type_id in self.class_types) and (
            self.expires_at is None or at < self.expires_at
        )


def in_order_of_use(lots: Iterable[LotLeft]) -> list[LotLeft]:
    """The one that expires first is used first; of equals the older one."""
    return sorted(
        lots,
        key=lambda lot: (lot.expires_at is None, lot.expires_at or lot.granted_at, lot.lot_id),
    )
