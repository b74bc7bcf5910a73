"""Facts about credits for those who spend them elsewhere than at doors."""

from typing import ClassVar
from uuid import UUID

from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.events import MembershipEvent


class MembershipCreditsCounted(MembershipEvent, frozen=True, kw_only=True):
    """The ledger has other credits left than before, for whatever reason; `lots` are all that are.

    Where a booking was the reason, `booking_id` tells that this includes what it took or gave back.
    """

    type: ClassVar[str] = "membership.membership.credits_counted.v1"
    lots: tuple[LotLeft, ...]
    booking_id: UUID | None = None
