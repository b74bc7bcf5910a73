"""When somebody is free for an appointment: their hours at a place, without what is in the way."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from gymhopper.contexts.scheduling.domain.rules import at_local_time
from gymhopper.kernel.calendar import DAY_MINUTES, Hours, local, local_date

_DAY = timedelta(days=1)


class Range(msgspec.Struct, frozen=True):
    """`[start, until)`."""

    start: datetime
    until: datetime

    def meets(self, other: "Range") -> bool:
        """Whether both have an instant in common."""
        return self.start < other.until and other.start < self.until


class OtherDay(msgspec.Struct, frozen=True):
    """A date on which other hours hold, as minutes after midnight; none: not there at all."""

    on: date
    hours: tuple[tuple[int, int], ...] = ()


class WorkingHours(msgspec.Struct, frozen=True):
    """When somebody takes appointments at a place, on its wall clock."""

    weekly: tuple[Hours, ...] = ()
    exceptions: tuple[OtherDay, ...] = ()


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """How an appointment lies in time, in minutes: what is kept free `before` and `after` it, and
    the step of the grid, counted from local midnight, on which it begins."""

    minutes: int
    before: int = 0
    after: int = 0
    step: int = 15

    def at(self, start: datetime) -> Range:
        """The appointment alone."""
        return Range(start, start + timedelta(minutes=self.minutes))

    def around(self, start: datetime) -> Range:
        """With what is kept free around it."""
        return self.padded(self.at(start))

    def padded(self, alone: Range) -> Range:
        """The time with what is kept free around it."""
        return Range(
            alone.start - timedelta(minutes=self.before),
            alone.until + timedelta(minutes=self.after),
        )


def free_starts(
    pattern: Pattern,
    hours: WorkingHours,
    zone: str,
    busy: Sequence[Range],
    within: Range,
) -> list[datetime]:
    """Every start on the grid in `within`, in order.

    The appointment lies in one stretch of the hours, and with what is kept free around it meets
    nothing that is `busy`. Wall-clock times are those of `at_local_time` where the clocks change.
    """
    found = []
    for stretch in _stretches(hours, zone, within):
        near = [each for each in busy if each.meets(pattern.padded(stretch))]
        for start in _grid(pattern, stretch, zone):
            if not within.start <= start < within.until:
                continue
            around = pattern.around(start)
            if not any(around.meets(each) for each in near):
                found.append(start)
    return sorted(set(found))


def _grid(pattern: Pattern, stretch: Range, zone: str) -> Iterable[datetime]:
    """Starts of which the appointment lies in the stretch, on the wall clock's grid."""
    start = stretch.start
    while start + timedelta(minutes=pattern.minutes) <= stretch.until:
        wall = local(start, zone)
        if (wall.hour * 60 + wall.minute) % pattern.step == 0:
            yield start
        start += timedelta(minutes=5)


def _stretches(hours: WorkingHours, zone: str, within: Range) -> Iterable[Range]:
    """Those that meet `within`; of hours that touch each other one."""
    other = {each.on: each.hours for each in hours.exceptions}
    # Hours may run into the next day.
    day = local_date(within.start, zone) - _DAY
    last = local_date(within.until, zone)
    found: list[Range] = []
    while day <= last:
        minutes = other.get(day)
        if minutes is None:
            weekday = day.isoweekday()
            minutes = tuple((x.start, x.until) for x in hours.weekly if x.weekday == weekday)
        for start, until in minutes:
            found.append(Range(_instant(day, start, zone), _instant(day, until, zone)))
        day += _DAY
    return _joined(found)


def _joined(ranges: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for each in sorted(ranges, key=lambda of: of.start):
        if joined and each.start <= joined[-1].until:
            before = joined.pop()
            joined.append(Range(before.start, max(before.until, each.until)))
        elif each.start < each.until:
            joined.append(each)
    return joined


def _instant(day: date, minute: int, zone: str) -> datetime:
    days, minute = divmod(minute, DAY_MINUTES)
    return at_local_time(day + days * _DAY, time(minute // 60, minute % 60), zone)
