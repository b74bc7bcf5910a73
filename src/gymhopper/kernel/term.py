"""The calendar of a contract: periods counted from its first day, in its own zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from gymhopper.kernel.calendar import add_months, local_date, start_of_day

Interval = Literal["day", "week", "month", "year"]

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Term:
    """`count` intervals, such as 4 weeks or 1 month."""

    interval: Interval
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a term has at least one interval")

    @property
    def months(self) -> int | None:
        """Its length in calendar months; None where it is counted in days."""
        months = _MONTHS.get(self.interval)
        return None if months is None else months * self.count

    def boundary(self, anchor: date, number: int) -> date:
        """The day on which period `number` (from 0) begins, counted from the anchor.

        Months keep the anchor's day: 31 January, 28 February, 31 March.
        """
        days = _DAYS.get(self.interval)
        if days is not None:
            return anchor + timedelta(days=days * self.count * number)
        return add_months(anchor, _MONTHS[self.interval] * self.count * number)

    def next_boundary(self, anchor: date, day: date) -> date:
        """The first day after the period in which the day lies, be it before the anchor."""
        number = self._periods_before(anchor, day)
        while (end := self.boundary(anchor, number)) <= day:
            number += 1
        return end

    def period_end_after(self, anchor: date, zone: str, now: datetime) -> datetime:
        """The first local midnight after `now` at which one of the periods ends."""
        today = local_date(now, zone)
        number = max(1, self._periods_before(anchor, today))
        while (end := start_of_day(self.boundary(anchor, number), zone)) <= now:
            number += 1
        return end

    def _periods_before(self, anchor: date, day: date) -> int:
        """Whole periods that have certainly passed by that day; a lower bound."""
        days = _DAYS.get(self.interval)
        if days is not None:
            return (day - anchor).days // (days * self.count) - 1
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        return months // (_MONTHS[self.interval] * self.count) - 1
