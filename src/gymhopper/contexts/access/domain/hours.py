"""Wall clocks at the visited location: the day that a visit counts for, and opening hours."""

from datetime import date, datetime
from functools import lru_cache

import msgspec

from gymhopper.contexts.access.domain.records import Cycle, Door, Instant, moment
from gymhopper.kernel.calendar import DAY_MINUTES, WeeklyHours, local
from gymhopper.kernel.term import Term


class WallTime(msgspec.Struct, frozen=True, gc=False):
    """What a clock on the wall and the calendar beside it say.

    `day` is the ordinal of the local date, `month` counts months since year 0, `weekday` is ISO
    (1 = Monday), `minute` counts from local midnight.
    """

    day: int
    month: int
    weekday: int
    minute: int

    @classmethod
    def of(cls, wall: datetime) -> "WallTime":
        """Read a local time; seconds do not matter."""
        return cls(
            wall.toordinal(),
            wall.year * 12 + wall.month - 1,
            wall.isoweekday(),
            wall.hour * 60 + wall.minute,
        )


def wall_time(at: Instant, zone: str) -> WallTime | None:
    """Local time in the zone, or None when the zone is unknown or the date out of range."""
    return _in_second(at // 1000, zone)


@lru_cache(maxsize=4096)
def _in_second(second: int, zone: str) -> WallTime | None:
    """At the beginning of a second since 1970: no zone changes within one.

    Many scans fall into a second, and finding the offset costs as much as several rules.
    """
    try:
        return WallTime.of(local(moment(second * 1000), zone))
    except (ValueError, OverflowError):
        return None


def visit_day(wall: WallTime, rollover_hour: int) -> int:
    """Ordinal of the local date that a visit counts for; before the rollover it is yesterday."""
    return wall.day - (wall.minute < rollover_hour * 60)


def week_after(wall: WallTime) -> int:
    """Ordinal of the Monday on which the next week begins."""
    return wall.day + 8 - wall.weekday


@lru_cache(maxsize=4096)
def period_after(cycle: Cycle, day: int) -> int | None:
    """Ordinal of the day on which the contract's next period begins; None out of the calendar."""
    try:
        first, today = date.fromordinal(cycle.first_day), date.fromordinal(day)
        return Term(cycle.interval, cycle.count).next_boundary(first, today).toordinal()
    except (ValueError, OverflowError):
        return None


def within_hours(hours: WeeklyHours, wall: WallTime) -> bool:
    """Whether one of the stretches covers the wall-clock time.

    What `gymhopper.kernel.calendar.within` says, without its generator: this runs for each scan.
    """
    today, minute = wall.weekday, wall.minute
    yesterday, late = today - 1 or 7, minute + DAY_MINUTES
    for each in hours:
        weekday = each.weekday
        if weekday == today and each.start <= minute < each.until:
            return True
        if weekday == yesterday and each.start <= late < each.until:
            return True
    return False


def is_open(door: Door, wall: WallTime) -> bool:
    """Whether the door's location is open.

    A dated exception replaces all hours that begin on its date.
    """
    if not door.exceptions:
        return door.hours is None or within_hours(door.hours, wall)
    return _open_on(door, wall.day, wall.minute) or _open_on(
        door, wall.day - 1, wall.minute + DAY_MINUTES
    )


def _open_on(door: Door, day: int, minute: int) -> bool:
    """Whether hours that begin on the day cover the minute after its midnight."""
    special = door.exceptions.get(day)
    if special is not None:
        return any(start <= minute < until for start, until in special)
    if door.hours is None:
        return minute < DAY_MINUTES
    weekday = (day - 1) % 7 + 1  # ordinal 1 was a Monday
    return any(each.weekday == weekday and each.start <= minute < each.until for each in door.hours)
