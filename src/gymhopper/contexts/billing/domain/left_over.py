"""What a dearer plan leaves over when a cheaper one comes at once.

The time that is left of the old plan becomes credit, which pays for the same time of the new one:
by days where we collect ourselves, else as the provider counts it. Only what was paid can be left
over: where that is not plain nothing is, and the change waits.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import msgspec

from gymhopper.contexts.billing.domain import cycle, plan_change
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contexts.billing.domain.time_back import charged_days, left_for_time, paid_for_time
from gymhopper.kernel.calendar import local_date, start_of_day
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
    reaching = _reaching(claims, begins)
    billed_until = min(
        (each.start for each in reaching if _asked_ahead(each, begins)), default=billed_until
    )
    asked = [
        each for each in reaching if each.start < billed_until or not _asked_ahead(each, begins)
    ]
    found = LeftOver(
        lines=plan_change.lines(old, new, day, billed_until=billed_until, frozen=frozen),
        used=_used(old, asked, day, frozen),
        billed_until=billed_until,
    )
    return found if _was_paid(found, account_id) else None


def left_over_there(
    old: Terms,
    new: Terms,
    at: datetime,
    lines: tuple[Line, ...],
    *,
    claims: Sequence[Claim],
    account_id: UUID,
) -> LeftOver | None:
    """The same of what a provider counted for the instant `at`; None also where the period becomes
    another, or days were given back that it would give back again.

    A freeze that is to come is none of its business: frozen days are those of the new plan, too.
    """
    if new.cycle != old.cycle or given_up(old, claims, at):
        return None
    day, until = local_date(at, old.zone), max(each.until for each in lines)
    reaching = _reaching(claims, start_of_day(day, old.zone))
    # While it was asked, the next period may have begun, at the new price.
    asked = [each for each in reaching if each.start < until]
    used = tuple(
        msgspec.structs.replace(each, worth=paid_for_time(each.claim) * _part_left(each.claim, at))
        for each in _used(old, asked, day, ())
    )
    found = LeftOver(lines=lines, used=used, billed_until=until)
    return found if _was_paid(found, account_id) else None


def given_up(terms: Terms, claims: Sequence[Claim], at: datetime) -> bool:
    """Whether days that are not over were given back already. A provider knows nothing of that:
    it would give back the same time once more."""
    day = local_date(at, terms.zone)
    for claim in _reaching(claims, at):
        # The time of day at which a provider's period ends lies behind its last day.
        last = cycle.dates(Period(claim.start, claim.until), terms.zone)[-1:]
        if any(each >= day or each in last for each in claim.given_back):
            return True
    return False


def _part_left(claim: Claim, at: datetime) -> Fraction:
    """Of its time, in seconds, as a provider counts."""
    second = timedelta(seconds=1)
    return Fraction((claim.until - at) // second, (claim.until - claim.start) // second)


def _reaching(claims: Sequence[Claim], beyond: datetime) -> list[Claim]:
    return [
        each
        for each in claims
        if each.kind == "period" and each.status != "void" and each.until > beyond
    ]


def _used(
    old: Terms, claims: Sequence[Claim], day: date, frozen: Sequence[Period]
) -> tuple[GivenUp, ...]:
    """What claims were paid for days from `day` on that were not all given back before."""
    left = ((claim, _days_left(old, claim, day, frozen)) for claim in claims)
    return tuple(
        GivenUp(
            claim=claim,
            days=days,
            worth=Fraction(paid_for_time(claim) * len(days), len(charged_days(claim, old.zone))),
        )
        for claim, days in left
        if set(days) - set(claim.given_back)
    )


def _was_paid(found: LeftOver, account_id: UUID) -> bool:
    """Whether all of it was paid out of the account, and nothing of it goes back."""
    for claim, days in ((each.claim, each.days) for each in found.used):
        spoilt = claim.refunded or claim.refunding or set(days) & set(claim.given_back)
        if claim.status != "paid" or spoilt or claim.billing_account_id != account_id:
            return False
        if claim.start >= found.billed_until:
            return False
    return found.given_back <= sum(left_for_time(each.claim) for each in found.used)


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
