"""When a subscription's periods end: whole intervals, always counted from the anchor.

A subscription anchored on the 31st renews on the last day of a shorter month and on the 31st
again after it (Stripe's page "Set the subscription billing renewal date"). Days are UTC's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gymhopper.kernel.calendar import add_months

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Interval:
    """`count` days, weeks, months or years."""

    unit: str
    count: int


def boundary(anchor: int, interval: Interval, number: int) -> int:
    """The end of the period with this number, counted from 1; 0 is the anchor (Unix seconds)."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval.unit in _DAYS:
        step = timedelta(days=_DAYS[interval.unit] * interval.count)
        return int((start + step * number).timestamp())
    day = add_months(start.date(), _MONTHS[interval.unit] * interval.count * number)
    return int(datetime.combine(day, start.timetz()).timestamp())


def next_boundary(anchor: int, interval: Interval, after: int) -> int:
    """The first end of a period that is later than `after`."""
    days = _DAYS.get(interval.unit) or 31 * _MONTHS[interval.unit]
    # No interval is longer than this, so the estimate never passes the answer.
    number = max(1, (after - anchor) // (days * interval.count * 86_400 + 86_400))
    while boundary(anchor, interval, number) <= after:
        number += 1
    return boundary(anchor, interval, number)


def period_from(anchor: int, interval: Interval, start: int) -> tuple[int, int]:
    """The end of the period that begins at `start`, and the length of a whole one before it.

    Before the anchor a period is a stub that ends there, and is shorter than a whole one.
    """
    if start < anchor:
        return anchor, anchor - boundary(anchor, interval, -1)
    end = next_boundary(anchor, interval, start)
    return end, end - start
