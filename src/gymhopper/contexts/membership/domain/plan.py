"""What an organisation sells, and for how much."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.debt import MINIMUM_GRACE_DAYS
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    IllegalTransition,
    PlanWithdrawn,
)
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.offer import RECURRING, Offer
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Interval

DEFAULT_ENTRY_GRACE_DAYS = 7
MINIMUM_ENTRY_GRACE_DAYS = MINIMUM_GRACE_DAYS

SalesChannel = Literal["online", "desk", "network"]


@dataclass(eq=False, kw_only=True)
class Plan:
    """A template. What is sold from it keeps the terms that it was sold with.

    `zone` is the contract's own: that of the legal entity that sells. `entry_grace_days` is how
    long a debt leaves the door open, counted from when it became known. It is sold on the local
    days `[on_sale_from, on_sale_until)`, each open where there is none; what was sold goes on.
    """

    id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    coverage: Coverage
    interval: Interval
    interval_count: int
    entry_grace_days: int
    freeze_rules: FreezeRules
    zone: str
    created_at: datetime
    conditions: Conditions = field(default_factory=Conditions)
    offer: Offer = RECURRING
    status: Literal["offered", "withdrawn"] = "offered"
    on_sale_from: date | None = None
    on_sale_until: date | None = None
    version: int = 0

    def check_on_sale(self, today: date) -> None:
        """Raise PlanWithdrawn when it is not sold today."""
        if self.on_sale_from is not None and today < self.on_sale_from:
            raise PlanWithdrawn(f"This plan is sold from {self.on_sale_from} on.", field="plan_id")
        over = self.on_sale_until is not None and self.on_sale_until <= today
        if over or self.status != "offered":
            raise PlanWithdrawn("This plan is not sold any more.", field="plan_id")

    def retire(self, day: date, today: date) -> None:
        """Sell it on no day from `day` on; another day takes the place of one that was set."""
        if day < today or (self.on_sale_until is not None and self.on_sale_until < today):
            raise DateOutOfRange("This lies in the past.", field="day")
        if self.on_sale_from is not None and day < self.on_sale_from:
            raise DateOutOfRange("It is not on sale by then.", field="day")
        self.on_sale_until = day

    def sell_again(self) -> None:
        """Sell it without an end; IllegalTransition when none was set."""
        if self.on_sale_until is None:
            raise IllegalTransition("No end was set to the sale of this plan.")
        self.on_sale_until = None


@dataclass(eq=False, kw_only=True)
class Price:
    """What a plan costs in one currency on the days `[valid_from, valid_until)`; never changed.

    It is for a location, a city, a country, or everywhere; `channel` None means every channel. The
    joining fee, in minor units of the same currency, is paid once. With `tax_included` the tax is
    in both, else it is added. `price_list` says which price holds.
    """

    id: UUID
    plan_id: UUID
    organisation_id: UUID
    money: Money
    valid_from: date
    valid_until: date | None
    channel: SalesChannel | None
    created_at: datetime
    location_id: UUID | None = None
    country: str | None = None
    city: str | None = None
    joining_fee_amount: int | None = None
    tax_included: bool = True

    @property
    def joining_fee(self) -> Money | None:
        """What joining costs beside the first period."""
        if self.joining_fee_amount is None:
            return None
        return Money(self.joining_fee_amount, self.money.currency)
