"""A new price for what was sold: announced, and in force from a day on unless it is withdrawn."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    IllegalTransition,
    PriceStays,
)
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.money import Money

RAISED_AFTER = timedelta(days=30)
"""For so long everybody knows of a higher price beforehand, and can leave."""

FURTHEST = timedelta(days=2 * 366)

ChangeStatus = Literal["announced", "withdrawn", "in_force", "lapsed"]


@dataclass(eq=False, kw_only=True)
class PriceChange:
    """`price` holds for periods that begin on the local day `effective_on` or later.

    It is `lapsed` when the contract was over by then. `run_id` is the change of a whole plan that
    it is part of. `previous` is what it was when the change came into force.
    """

    id: UUID
    organisation_id: UUID
    membership_id: UUID
    run_id: UUID | None
    price: Money
    effective_on: date
    effective_at: datetime
    reason: str
    announced_at: datetime
    announced_by: str
    status: ChangeStatus = "announced"
    previous_amount: int | None = None
    settled_at: datetime | None = None

    def settle(self, status: ChangeStatus, now: datetime) -> None:
        """Withdraw it, or let it come into force; IllegalTransition when it is not to come."""
        if self.status != "announced":
            raise IllegalTransition(f"This change is {self.status.replace('_', ' ')}.")
        self.status, self.settled_at = status, now


def check(membership: Membership, price: Money, effective_on: date, now: datetime) -> None:
    """Raise PriceStays or DateOutOfRange unless this price can be announced for the membership."""
    if membership.is_over(now) or membership.offer.kind not in ("recurring", "fixed_term"):
        raise PriceStays("Nothing more will be charged for this membership.")
    if price.currency != membership.price.currency:
        raise PriceStays("A contract keeps its currency.", field="price")
    if price == membership.price:
        raise PriceStays("This is the price already.", field="price")
    today = local_date(now, membership.zone)
    first = today + (RAISED_AFTER if membership.price < price else timedelta(days=1))
    if not first <= effective_on <= today + FURTHEST:
        raise DateOutOfRange(
            f"It can be in force from {first} on, within two years.", field="effective_on"
        )
