"""What is taken off a price, as it was sold."""

from uuid import UUID

import msgspec

from gymhopper.kernel.money import Money

WHOLE = 10_000
"""All of a price, in basis points."""


class Discount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`basis_points` (hundredths of a percent) or an `amount` off what each period costs.

    It holds for the first `periods` that are charged, None: for all. A share may be taken off the
    `joining_fee`, too. An amount is as the price is told: with the tax or without. `code` is the
    promo code that it was given for.
    """

    promo_code_id: UUID
    code: str
    basis_points: int | None = None
    amount: Money | None = None
    periods: int | None = None
    joining_fee: bool = False

    def off(self, price: Money) -> Money:
        """What is taken off a period's price: never more than all, a half unit goes up."""
        if self.amount is not None:
            return Money(min(self.amount.amount, price.amount), price.currency)
        share = 2 * price.amount * (self.basis_points or 0) + WHOLE
        return Money(share // (2 * WHOLE), price.currency)

    def off_fee(self, fee: Money) -> Money:
        """What is taken off the joining fee."""
        return self.off(fee) if self.joining_fee else Money(0, fee.currency)
