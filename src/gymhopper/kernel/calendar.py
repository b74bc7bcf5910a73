"""Local dates, months and weekly hours, right over daylight-saving changes.

Rules are evaluated by converting the instant to local time. The one conversion the other way is
`start_of_day`, which is defined through the first: the earliest instant whose local date is the
given one, whatever the clocks did at midnight.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_MINUTES = 24 * 60


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"not an IANA time zone: {name!r}") from error


def local(instant: datetime, zone_name: str) -> datetime:
    """The wall clock at `instant` in that zone."""
    return instant.astimezone(zone(zone_name))


def local_date(instant: datetime, zone_name: str, *, rollover: time = time()) -> date:
    """The local date at `instant`; before the `rollover` hour it is still yesterday."""
    wall = local(instant, zone_name)
    return wall.date() - timedelta(days=1) if wall.time() < rollover else wall.date()


@lru_cache(maxsize=4096)
def start_of_day(day: date, zone_name: str) -> datetime:
    """The earliest instant (UTC) whose local date is `day`.

    Where a zone skipped the whole day (Samoa, 30 December 2011) it is the earliest instant after.
    """
    # No zone is more than 15 hours from UTC, so the answer lies within a day and a half.
    middle = datetime.combine(day, time(), UTC)
    low, high = middle - timedelta(hours=36), middle + timedelta(hours=36)
    while high - low > timedelta(seconds=1):
        probe = low + (high - low) // 2
        probe = probe.replace(microsecond=0)
        if probe == low:
            break
        if local(probe, zone_name).date() < day:
            low = probe
        else:
            high = probe
    return high


def add_months(anchor: date, months: int) -> date:
    """`anchor` plus whole months, on the anchor's day or the month's last.

    Count from the first anchor, never from the previous result: 31 January plus one month is the
    last day of February, plus two is 31 March again.
    """
    years, month = divmod(anchor.month - 1 + months, 12)
    year, month = anchor.year + years, month + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Hours:
    """One stretch of a week: ISO weekday (1 = Monday), half-open minutes after local midnight.

    `until` may pass 1440 to run into the next day (22:00 to 02:00 is 1320 to 1560).
    """

    weekday: int
    start: int
    until: int

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise ValueError("a weekday is 1 (Monday) to 7 (Sunday)")
        if not 0 <= self.start < DAY_MINUTES or not self.start < self.until <= 2 * DAY_MINUTES:
            raise ValueError("hours run from a minute of the day to a later one")


WeeklyHours = tuple[Hours, ...]


def within(hours: WeeklyHours, wall: datetime) -> bool:
    """Whether the wall-clock time lies in one of the stretches."""
    minute = wall.hour * 60 + wall.minute
    today = wall.isoweekday()
    yesterday = 7 if today == 1 else today - 1
    return any(
        (each.weekday == today and each.start <= minute < each.until)
        or (each.weekday == yesterday and each.start <= minute + DAY_MINUTES < each.until)
        for each in hours
    )
