"""What time is worth that was paid for and could not be used; no day is given back twice."""

from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.period import Period


def give_back(claim: Claim, time: Period, zone: str) -> int:
    """Note down the local days of `time` that a claim was paid for, and say what they are worth.

    A day that was begun counts, the last one does not. Days that were left out of the price or
    given back before, whatever for, are worth nothing more. All parts together are rounded once.
    """
    first, beyond = local_date(time.start, zone), local_date(time.until or time.start, zone)
    whole, gone = cycle.dates(Period(claim.start, claim.until), zone), set(claim.given_back)
    charged = [day for day in whole if day not in claim.left_out]
    days = [day for day in charged if first <= day < beyond and day not in gone]
    paid = paid_for_time(claim)
    if not days or not paid:
        return 0
    before = len(gone)
    claim.given_back = (*claim.given_back, *days)
    after = cycle.rounded(paid * (before + len(days)), len(charged))
    return after - cycle.rounded(paid * before, len(charged))


def paid_for_time(claim: Claim) -> int:
    """What was paid for its time and has not gone back; a fee beside it buys no time."""
    for_time = sum(each.amount for each in claim.lines if each.kind != "joining_fee")
    return max(0, for_time - claim.refunded)
