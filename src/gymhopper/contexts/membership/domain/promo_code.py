"""Promo codes: what an organisation takes off its prices for whoever names a word."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contracts.membership.discount import Discount
from gymhopper.kernel.errors import Conflict, InvalidInput, NotFound
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Term

PromoCodeStatus = Literal["offered", "withdrawn"]


class PromoCodeUnknown(NotFound):
    """The organisation has no such code."""

    code = "promo_code_unknown"


class PromoCodeTaken(Conflict):
    """The organisation has, or had, a code with this name."""

    code = "promo_code_taken"


class PromoCodeOver(Conflict):
    """It does not hold today: not yet, not any more, or it was withdrawn."""

    code = "promo_code_over"


class PromoCodeUsedUp(Conflict):
    """It was redeemed as often as it may be."""

    code = "promo_code_used_up"


class PromoCodeNotForPlan(Conflict):
    """It takes nothing off this plan's price."""

    code = "promo_code_not_for_plan"


class PromoCodeHad(Conflict):
    """Each person may redeem it once, and this one has."""

    code = "promo_code_had"


class PromoCodeNotForYou(Conflict):
    """It is for people who were never members here."""

    code = "promo_code_for_new_members"


class TooFewRedemptions(InvalidInput):
    """It was redeemed more often than that already."""

    code = "too_few_redemptions"


def key_of(code: str) -> str:
    """What codes are compared by: nobody remembers how one was written."""
    return code.strip().casefold()


def first_charge(price: Price, discount: Discount) -> Money:
    """What the first period and the joining fee come to, as the price is told."""
    total = price.money - discount.off(price.money)
    fee = price.joining_fee
    return total if fee is None else total + fee - discount.off_fee(fee)


@dataclass(eq=False, kw_only=True)
class PromoCode:
    """A share (`basis_points`, hundredths of a percent) or an `amount` off the first `periods`
    that are charged; None: off all.

    It holds on the local days `[valid_from, valid_until)`, for the plans that are named, None: for
    all of the organisation's, and may be redeemed `max_redemptions` times, None: by everybody, but
    once by each person. A share may be taken off the joining fee, too.
    """

    id: UUID
    version: int = 0
    organisation_id: UUID
    code: str
    code_key: str
    basis_points: int | None
    amount: int | None
    currency: str | None
    periods: int | None
    joining_fee: bool
    plan_ids: list[UUID] | None
    first_purchase: bool
    valid_from: date
    valid_until: date | None
    max_redemptions: int | None
    redeemed: int = 0
    status: PromoCodeStatus = "offered"
    created_at: datetime

    @property
    def discount(self) -> Discount:
        """As it is sold."""
        amount = None
        if self.amount is not None and self.currency is not None:
            amount = Money(self.amount, self.currency)
        return Discount(
            promo_code_id=self.id,
            code=self.code,
            basis_points=self.basis_points,
            amount=amount,
            periods=self.periods,
            joining_fee=self.joining_fee,
        )

    def check(self, plan: Plan, currency: str, today: date) -> None:
        """Raise why it cannot be redeemed for the plan today, by anybody."""
        over = self.valid_until is not None and self.valid_until <= today
        if over or today < self.valid_from or self.status != "offered":
            raise PromoCodeOver("This code does not hold today.", field="promo_code")
        elsewhere = self.plan_ids is not None and plan.id not in self.plan_ids
        period = Term(plan.interval, plan.interval_count)
        free = plan.offer.charged_periods(period, plan.conditions) == 0
        if elsewhere or free or self.currency not in (None, currency):
            raise PromoCodeNotForPlan("This code is not for this plan.", field="promo_code")
        if self.max_redemptions is not None and self.redeemed >= self.max_redemptions:
            raise PromoCodeUsedUp("This code was used up.", field="promo_code")

    def allow(self, redemptions: int | None) -> None:
        """Have it be redeemed so often at most. Raises TooFewRedemptions."""
        if redemptions is not None and redemptions < self.redeemed:
            raise TooFewRedemptions(
                f"It was redeemed {self.redeemed} times already.", field="max_redemptions"
            )
        self.max_redemptions = redemptions


@dataclass(eq=False, kw_only=True)
class PromoRedemption:
    """A person's one redemption of a code, with the membership that it was for.

    `returned_at` is when it was given back, because nothing was paid. `repeated` is one that turned
    out to be the same person's second, when two members were merged.
    """

    id: UUID
    version: int = 0
    organisation_id: UUID
    promo_code_id: UUID
    member_id: UUID
    person_id: UUID
    membership_id: UUID
    redeemed_at: datetime
    returned_at: datetime | None = None
    repeated: bool = False
