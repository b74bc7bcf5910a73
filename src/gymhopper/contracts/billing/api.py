"""What other contexts ask of billing."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from gymhopper.contracts.membership.plan_changes import PlanTerms
from gymhopper.kernel.money import Money

QuoteRefusal = Literal[
    "not_collected", "out_of_period", "other_interval", "partly_paid", "left_over", "given_back"
]
"""Why a change cannot be made like this: nobody collects for the membership; the instant does not
lie in the period that runs; whoever collects can begin another length of period only at once; a
part of the period that would be asked for anew was paid; more would be left over of the old plan
than the new one costs, and that cannot be credit, because not all of it was paid, or it went back;
days that are left of the period were given back before, of which whoever collects knows nothing."""


class QuotedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what is charged, for `[start, until)`; below zero for what is given back."""

    text: str
    amount: int
    start: datetime
    until: datetime


class PlanChangeQuote(msgspec.Struct, frozen=True, kw_only=True):
    """What a change costs, with tax: `charged` at once, and `each_period` later.

    `charged` is below zero where more is left of the old plan than the new one costs. It is exact
    for the instant `priced_at`, and the charge is made for that instant. With a `refusal` the
    change cannot be made, and amounts are nothing.
    """

    charged: Money
    each_period: Money
    priced_at: datetime
    lines: tuple[QuotedLine, ...] = ()
    refusal: QuoteRefusal | None = None


class PlanChangesApi(Protocol):
    """Prices of changes, from whoever collects the membership."""

    async def quote(
        self, *, membership_id: UUID, terms: PlanTerms, at: datetime, at_once: bool
    ) -> PlanChangeQuote:
        """What it costs to become these terms: `at_once`, priced for `at`; or at the end of the
        period that runs, `at`."""
        ...
