"""What an organisation sells, and for how much."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.membership.domain.agreement import Channel
from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.errors import StalePrice
from gymhopper.contexts.membership.domain.terms import Interval
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.kernel.money import Money

DEFAULT_ENTRY_GRACE_DAYS = 7
MINIMUM_ENTRY_GRACE_DAYS = 1

SalesChannel = Literal["online", "desk"]


class FreezeRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a plan allows of freezes. `minimum_days` counts whole days."""

    minimum_days: int = 0


@dataclass(eq=False, kw_only=True)
class Plan:
    """A template. What is sold from it keeps the terms that it was sold with.

    `zone` is the contract's own: that of the legal entity that sells. `entry_grace_days` is how
    long a debt leaves the door open, counted from when it became known.
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
    status: Literal["offered", "withdrawn"] = "offered"
    version: int = 0


@dataclass(eq=False, kw_only=True)
class Price:
    """What a plan costs in one currency on the days `[valid_from, valid_until)`; never changed.

    `channel` None means every channel.
    """

    id: UUID
    plan_id: UUID
    organisation_id: UUID
    money: Money
    valid_from: date
    valid_until: date | None
    channel: SalesChannel | None
    created_at: datetime

    def is_valid(self, day: date, channel: Channel) -> bool:
        """Whether the plan is sold for this price on that day through that channel."""
        return (
            self.valid_from <= day
            and (self.valid_until is None or day < self.valid_until)
            and self.channel in (None, channel)
        )

    def confirm(self, shown: Money, day: date, channel: Channel) -> None:
        """Raise StalePrice unless this is what the buyer was shown and may be sold now."""
        if shown != self.money or not self.is_valid(day, channel):
            raise StalePrice(
                "The price that was shown is not on offer now. Read the plan's prices again.",
                field="price",
            )
