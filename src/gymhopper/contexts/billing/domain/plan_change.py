"""What it costs to become another plan, by the calendar days of the contract's zone.

The preview and the claim come from the same function. A provider counts for itself, in seconds.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.period import Period


class PendingChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`terms` are to hold from `at` on. `charged` is what was shown to be charged at once; None: at
    the period's end, for nothing. `told`: the provider may have been asked. `lines` are what was
    shown where something is left over: afterwards the provider does not show it any more."""

    change_id: UUID
    terms: Terms
    at: datetime
    charged: int | None = None
    told: bool = False
    lines: tuple[Line, ...] = ()


def lines(
    old: Terms, new: Terms, day: date, *, billed_until: datetime, frozen: Sequence[Period]
) -> tuple[Line, ...]:
    """What is given back of the old plan from `day` on, and charged for the new one.

    All that was asked for, to `billed_until`, is given back. Where the calendar stays the new plan
    is charged for the same days, else for its first period.
    """
    found: list[Line] = []
    for period in cycle.periods(old, day, billed_until):
        rest = cycle.rest(old, period, day, frozen)
        found += _line(old, -rest, day, period)
        if new.cycle == old.cycle:
            found += _line(new, cycle.rest(new, period, day, frozen), day, period)
    if new.cycle != old.cycle:
        period = cycle.first_period(new)
        found += _line(new, new.price.amount, day, period)
    return tuple(found)


def period_of(terms: Terms, at: datetime) -> Period | None:
    """The paid period in which an instant lies."""
    day = local_date(at, terms.zone)
    tomorrow = start_of_day(day + timedelta(days=1), terms.zone)
    return next((each for each in cycle.periods(terms, day, tomorrow) if at in each), None)


def _line(terms: Terms, amount: int, day: date, period: Period) -> list[Line]:
    if not amount:
        return []
    return [
        Line(
            kind="proration",
            text=terms.plan_name,
            amount=amount,
            tax_code=terms.tax_code,
            start=max(period.start, start_of_day(day, terms.zone)),
            until=period.until or period.start,
        )
    ]
