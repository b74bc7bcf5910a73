"""What a dearer plan leaves over when a cheaper one comes at once, where we collect ourselves.

The days that are left of the old plan become credit, which pays for the same days of the new one.
Only what was paid can be left over: where that is not plain nothing is, and the change waits.
"""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

import msgspec

from gymhopper.contexts.billing.domain import cycle, plan_change
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contexts.billing.domain.time_back import charged_days, left_for_time, paid_for_time
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.period import Period


class GivenUp(msgspec.Struct, frozen=True, kw_only=True):
    """Days of a claim that the old plan gives up; `worth` is what was paid for them."""

    claim: Claim
    days: tuple[date, ...]
    worth: Fraction


class LeftOver(msgspec.Struct, frozen=True, kw_only=True):
    """`lines` are what is given back and what is charged, for days before `billed_until`; claims
    from then on are to be asked for anew. `used` is what the old plan gives up."""

    lines: tuple[Line, ...]
    used: tuple[GivenUp, ...]
    billed_until: datetime

    @property
    def given_back(self) -> int:
        """What the rest of the old plan is worth."""
        return -sum(each.amount for each in self.lines if each.amount < 0)

    @property
    def charged(self) -> tuple[Line, ...]:
        """What the new plan costs for the days that are left."""
        return tuple(each for each in self.lines if each.amount > 0)

    def give_up(self) -> None:
        """Note down that these days are given back, so that no other reason gives them again, nor
        a refund what they were worth: what is credited, shared out among the claims."""
        whole, worth, shared = sum(each.worth for each in self.used), Fraction(0), 0
        for each in self.used:
            worth += each.worth
            until_here = round(self.given_back * worth / whole) if whole else 0
            each.claim.given_back = (*each.claim.given_back, *each.days)
            each.claim.credited += until_here - shared
            shared = until_here


def left_over(
    old: Terms,
    new: Terms,
    day: date,
    *,
    claims: Sequence[Claim],
    account_id: UUID,
    billed_until: datetime,
    frozen: Sequence[Period],
) -> LeftOver | None:
    """From `day` on; None unless each claim for these days was paid out of this account, nothing
    of it goes back, and it comes to as much as is given back."""
    begins = start_of_day(day, old.zone)
    reaching = [
        each
        for each in claims
        if each.kind == "period" and each.status != "void" and each.until > begins
    ]
    billed_until = min(
        (each.start for each in reaching if _asked_ahead(each, begins)), default=billed_until
    )
    used, paid = [], 0
    for claim in reaching:
        if claim.start >= billed_until and _asked_ahead(claim, begins):
            continue
        days = _days_left(old, claim, day, frozen)
        if set(days) <= set(claim.given_back):
            continue
        spoilt = claim.refunded or claim.refunding or set(days) & set(claim.given_back)
        if claim.status != "paid" or spoilt or claim.billing_account_id != account_id:
            return None
        if claim.start >= billed_until:
            return None
        worth = Fraction(paid_for_time(claim) * len(days), len(charged_days(claim, old.zone)))
        used.append(GivenUp(claim=claim, days=days, worth=worth))
        paid += left_for_time(claim)
    found = LeftOver(
        lines=plan_change.lines(old, new, day, billed_until=billed_until, frozen=frozen),
        used=tuple(used),
        billed_until=billed_until,
    )
    return found if found.given_back <= paid else None


def _asked_ahead(claim: Claim, begins: datetime) -> bool:
    """Whether it is for a later period, and nobody has begun to pay it."""
    untouched = claim.status == "open" and claim.outstanding == claim.amount
    return untouched and claim.start > begins and claim.cause is None and not claim.first


def _days_left(terms: Terms, claim: Claim, day: date, frozen: Sequence[Period]) -> tuple[date, ...]:
    """Those that are paid for and not used; a frozen day is given back for the freeze."""
    period = Period(claim.start, claim.until)
    stopped = {*claim.left_out, *cycle.left_out(terms, period, frozen)}
    return tuple(
        each for each in cycle.dates(period, terms.zone) if each >= day and each not in stopped
    )
