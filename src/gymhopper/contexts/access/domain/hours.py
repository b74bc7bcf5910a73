"""Wall clocks at the visited location: the day that a visit counts for, and opening hours."""

from datetime import datetime

from gymhopper.contexts.access.domain.records import Door
from gymhopper.kernel.calendar import DAY_MINUTES, WeeklyHours, local


def wall_clock(now: datetime, zone: str) -> datetime | None:
    """Local time in the zone, or None when the zone is unknown or the date out of range."""
    try:
        return local(now, zone)
    except (ValueError, OverflowError):
        return None


def visit_day(wall: datetime, rollover_hour: int) -> int:
    """Ordinal of the local date that a visit counts for; before the rollover it is yesterday."""
    return wall.toordinal() - (wall.hour < rollover_hour)


def month_number(wall: datetime) -> int:
    """Months since year 0: one number for each calendar month."""
    return wall.year * 12 + wall.month - 1


def within_hours(hours: WeeklyHours, wall: datetime) -> bool:
    """Whether one of the stretches covers the wall-clock time.

    What `gymhopper.kernel.calendar.within` says, without its generator: this runs for each scan.
    """
    today, minute = wall.isoweekday(), wall.hour * 60 + wall.minute
    yesterday = today - 1 or 7
    for each in hours:
        if each.weekday == today and each.start <= minute < each.until:
            return True
        if each.weekday == yesterday and each.start <= minute + DAY_MINUTES < each.until:
            return True
    return False


def is_open(door: Door, wall: datetime) -> bool:
    """Whether the door's location is open.

    A dated exception replaces all hours that begin on its date.
    """
    if not door.exceptions:
        return door.hours is None or within_hours(door.hours, wall)
    today, minute = wall.toordinal(), wall.hour * 60 + wall.minute
    return _open_on(door, today, minute) or _open_on(door, today - 1, minute + DAY_MINUTES)


def _open_on(door: Door, day: int, minute: int) -> bool:
    """Whether hours that begin on the day cover the minute after its midnight."""
    special = door.exceptions.get(day)
    if special is not None:
        return any(start <= minute < until for start, until in special)
    if door.hours is None:
        return minute < DAY_MINUTES
    weekday = (day - 1) % 7 + 1  # ordinal 1 was a Monday
    return any(each.weekday == weekday and each.start <= minute < each.until for each in door.hours)
