"""What a membership costs and when, as it was sold: the terms that its claims are made by."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.billing.domain.tax import Rate, half_up
from gymhopper.contracts.membership.api import PlanKind, Purchase
from gymhopper.contracts.membership.discount import Discount
from gymhopper.contracts.membership.plan_changes import PlanTerms
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.money import Money

Interval = Literal["day", "week", "month", "year"]

Part = Literal["plan", "joining_fee"]
"""What a provider lists apart: what each period costs, and what is paid once beside the first."""


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`price` each `count` `interval`s, counted from `starts_on` in `zone`; tax is in all amounts.

    `joining_fee` is paid once, beside the first period. `trial_days` pass before the first charge.
    `periods` is after how many it ends by itself; None: it goes on. `next_price` holds for periods
    that begin at `next_price_from` or later. What was taken over from somebody else is paid for
    until `covered_until`, has `periods_left` of its periods, and of what is taken off it so many
    less as were `charged_before`. `tax_included` is how prices are told; amounts here have it in
    them. `discount` is taken off the price of the periods that it holds for; the joining fee is
    what it leaves of that.
    """

    legal_entity_id: UUID
    plan_id: UUID
    plan_name: str
    kind: PlanKind
    price: Money
    interval: Interval
    count: int
    starts_on: date
    zone: str
    joining_fee: Money | None = None
    trial_days: int = 0
    periods: int | None = None
    tax_code: str = "standard"
    tax_included: bool = True
    next_price: Money | None = None
    next_price_from: datetime | None = None
    covered_until: datetime | None = None
    periods_left: int | None = None
    charged_before: int = 0
    discount: Discount | None = None

    @property
    def cycle(self) -> tuple[Interval, int]:
        """How long a period is."""
        return self.interval, self.count

    @property
    def recurs(self) -> bool:
        """Whether there is a second period to pay for."""
        return self.periods is None or self.periods > 1

    @property
    def single(self) -> bool:
        """Whether it is one purchase, a pack or a pass: paid once, with nothing to follow."""
        return self.kind not in ("recurring", "fixed_term")

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is paid for at the beginning."""
        return ("plan", "joining_fee") if self.joining_fee is not None else ("plan",)

    def price_at(self, start: datetime) -> Money:
        """What a period that begins then costs."""
        if self.next_price is None or self.next_price_from is None or start < self.next_price_from:
            return self.price
        return self.next_price

    def reduced(self, price: Money) -> Money:
        """What is left of the price of a period that the discount holds for."""
        return price if self.discount is None else price - self.discount.off(price)

    def cost(self, part: Part) -> Money:
        """What a part costs each time; what is paid once costs what the discount leaves."""
        if part == "joining_fee" and self.joining_fee is not None:
            return self.joining_fee
        return self.reduced(self.price) if self.single else self.price

    def title(self, part: Part) -> str:
        """What a part is called where the provider shows it."""
        return f"{self.plan_name}: joining fee" if part == "joining_fee" else self.plan_name

    def product(self, part: Part) -> str:
        """Under which id a provider knows this part of what is sold."""
        return f"gymhopper-{part.replace('_', '-')}-{self.plan_id}"

    def names(self, product: str | None) -> bool:
        """Whether a provider's product is a part of this plan."""
        return product in (self.product("plan"), self.product("joining_fee"))

    def part(self, product: str | None) -> Part:
        """Which part a provider's product is; what we did not name is the plan itself."""
        return "joining_fee" if product == self.product("joining_fee") else "plan"


def terms_of(purchase: Purchase, rate: Rate) -> Terms:
    """The terms that a person agreed to. Where tax comes on top of prices, it is added at the rate
    that is in force when they are sold: from then on the amount that is charged stays the same."""

    def gross(money: Money) -> Money:
        return money if purchase.tax_included else with_tax(money, rate)

    return Terms(
        legal_entity_id=purchase.legal_entity_id,
        plan_id=purchase.plan_id,
        plan_name=purchase.plan_name,
        kind=purchase.kind,
        price=gross(purchase.price),
        interval=purchase.interval,
        count=purchase.interval_count,
        starts_on=purchase.starts_on,
        zone=purchase.zone,
        joining_fee=_fee(purchase, gross),
        trial_days=purchase.trial_days,
        periods=purchase.periods,
        tax_code=purchase.tax_code,
        tax_included=purchase.tax_included,
        discount=_discount(purchase.discount, gross),
    )


def resumed(terms: Terms, now: datetime) -> Terms:
    """What was taken over, for a payer who begins to pay for it now.

    The first charge is on the first whole day that is not paid for; until then nothing is due.
    """
    if terms.covered_until is None:
        return terms
    today, free = local_date(now, terms.zone), local_date(terms.covered_until, terms.zone)
    if start_of_day(free, terms.zone) < terms.covered_until:
        free += timedelta(days=1)
    return msgspec.structs.replace(
        terms,
        starts_on=today,
        trial_days=max(0, (free - today).days),
        periods=terms.periods_left,
        discount=_left(terms.discount, terms.charged_before),
        charged_before=0,
    )


def _left(discount: Discount | None, charged: int) -> Discount | None:
    """What is left of a discount after so many periods."""
    if discount is None or discount.periods is None:
        return discount
    left = discount.periods - charged
    return msgspec.structs.replace(discount, periods=left) if left > 0 else None


def changed(old: Terms, new: PlanTerms, rate: Rate, day: date) -> Terms:
    """The terms after a change to another plan on that local day.

    Periods of the same length keep their calendar, others are counted from that day. What was taken
    off the old plan's price is not taken off another's.
    """
    price = new.price if new.tax_included else with_tax(new.price, rate)
    same = (new.interval, new.interval_count) == old.cycle
    return msgspec.structs.replace(
        old,
        plan_id=new.plan_id,
        plan_name=new.plan_name,
        kind=new.kind,
        price=price,
        interval=new.interval,
        count=new.interval_count,
        starts_on=old.starts_on if same else day,
        trial_days=old.trial_days if same else 0,
        joining_fee=None,
        tax_code=new.tax_code,
        tax_included=new.tax_included,
        next_price=None,
        next_price_from=None,
        discount=None,
    )


def _fee(purchase: Purchase, gross: Callable[[Money], Money]) -> Money | None:
    """What joining costs, if anything is left of it."""
    if purchase.joining_fee is None or purchase.discount is None:
        return None if purchase.joining_fee is None else gross(purchase.joining_fee)
    fee = gross(purchase.joining_fee)
    left = fee - purchase.discount.off_fee(fee)
    return left if left.amount else None


def _discount(sold: Discount | None, gross: Callable[[Money], Money]) -> Discount | None:
    """The discount, as amounts are here: with the tax."""
    if sold is None or sold.amount is None:
        return sold
    return msgspec.structs.replace(sold, amount=gross(sold.amount))


def with_tax(money: Money, rate: Rate) -> Money:
    """A price to which the tax comes on top."""
    return Money(money.amount + half_up(money.amount * rate.share), money.currency)
