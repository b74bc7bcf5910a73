"""What a booking or an appointment costs when it comes to nothing: as it was agreed on with it."""

import msgspec

from gymhopper.kernel.money import Money


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Fees, and whether credits come back, of a late cancellation and of a missed class.

    `fee_hours` is for how long staff may waive a fee before it is charged.
    """

    late_fee: Money | None = None
    missed_fee: Money | None = None
    late_credits_back: bool = False
    missed_credits_back: bool = False
    fee_hours: int = 24
