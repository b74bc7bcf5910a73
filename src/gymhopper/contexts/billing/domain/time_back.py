"""What time is worth that was paid for and could not be used; no day is given back twice."""

from datetime import date

from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.period import Period


def give_back(claim: Claim, time: Period, zone: str) -> int:
    """Note down the local days of `time` that a claim was paid for, and what they are worth.

    Returns that: it is to be credited. A day that was begun counts, the last one does not. Days
    that were left out of the price or given back before, whatever for, are worth nothing more. All
    parts together are rounded once, and never more than is left of what was paid.
    """
    first, beyond = local_date(time.start, zone), local_date(time.until or time.start, zone)
    charged, gone = charged_days(claim, zone), set(claim.given_back)
    days = [day for day in charged if first <= day < beyond and day not in gone]
    paid = paid_for_time(claim)
    if not days or not paid:
        return 0
    before = len(gone)
    claim.given_back = (*claim.given_back, *days)
    after = cycle.rounded(paid * (before + len(days)), len(charged))
    worth = after - cycle.rounded(paid * before, len(charged))
    worth = min(worth, left_for_time(claim))
    claim.credited += worth
    return worth


def paid_for_time(claim: Claim) -> int:
    """What was paid for its time, and neither went back nor is asked to; a fee beside it buys no
    time."""
    for_time = sum(each.amount for each in claim.lines if each.kind != "joining_fee")
    return max(0, for_time - claim.refunded - claim.refunding)


def left_for_time(claim: Claim) -> int:
    """What of it is not credited either."""
    return max(0, paid_for_time(claim) - claim.credited)


def credited_after(claim: Claim, day: date | None) -> int:
    """What of it was credited for days after that one; for all days when None."""
    later = [each for each in claim.given_back if day is None or each > day]
    return cycle.rounded(claim.credited * len(later), len(claim.given_back)) if later else 0


def charged_days(claim: Claim, zone: str) -> list[date]:
    """The local days that are in its price."""
    whole = cycle.dates(Period(claim.start, claim.until), zone)
    return [day for day in whole if day not in claim.left_out]
