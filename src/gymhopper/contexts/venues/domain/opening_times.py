"""When a place is open: a week, dated exceptions, and what is inherited of both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gymhopper.contracts.venues.events import DayHours
from gymhopper.kernel.calendar import DAY_MINUTES, Hours, WeeklyHours
from gymhopper.kernel.errors import InvalidInput

WEEK_MINUTES = 7 * DAY_MINUTES

AROUND_THE_CLOCK: WeeklyHours = tuple(Hours(day, 0, DAY_MINUTES) for day in range(1, 8))


@dataclass(frozen=True, slots=True)
class OpeningTimes:
    """What one calendar, or a place for itself, has to say.

    `weekly` None says nothing about the week, () that it is always closed. An exception stands
    for everything that would begin on its local date.
    """

    weekly: WeeklyHours | None = None
    exceptions: tuple[DayHours, ...] = ()

    @property
    def around_the_clock(self) -> bool:
        """Whether no minute of a week without exceptions is closed."""
        return self.weekly is None or covers_week(self.weekly)


def resolve(levels: Iterable[OpeningTimes]) -> OpeningTimes:
    """What holds, of what several levels say, the nearest first.

    The nearest that says anything about the week decides all of it; for each date the nearest
    exception decides. When nobody says anything the place is open around the clock.
    """
    weekly: WeeklyHours | None = None
    by_date: dict[str, DayHours] = {}
    for level in levels:
        if weekly is None:
            weekly = level.weekly
        for each in level.exceptions:
            by_date.setdefault(each.date, each)
    exceptions = tuple(by_date[day] for day in sorted(by_date))
    return OpeningTimes(AROUND_THE_CLOCK if weekly is None else weekly, exceptions)


def covers_week(weekly: WeeklyHours) -> bool:
    """Whether the stretches leave no minute of the week out."""
    stretches = sorted(
        ((each.weekday - 1) * DAY_MINUTES + each.start, each.until - each.start) for each in weekly
    )
    # What runs on from Sunday night is where Monday's cover begins.
    reach = max((start + length - WEEK_MINUTES for start, length in stretches), default=0)
    for start, length in stretches:
        if start > max(reach, 0):
            return False
        reach = max(reach, start + length)
    return reach >= WEEK_MINUTES


def check_exceptions(exceptions: tuple[DayHours, ...], field: str = "exceptions") -> None:
    """InvalidInput unless each date is one, occurs once, and opens at times that can be."""
    seen = set()
    for each in exceptions:
        day = _day(each.date, field)
        if day in seen:
            raise InvalidInput(f"{each.date} is there twice.", field=field)
        seen.add(day)
        for start, until in each.open:
            if not 0 <= start < DAY_MINUTES or not start < until <= 2 * DAY_MINUTES:
                raise InvalidInput(
                    f"{each.date} opens at a minute of the day and closes later.",
                    field=field,
                )


def _day(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a date.", field=field) from None
    if day.isoformat() != text:
        raise InvalidInput(f"Write the date as {day.isoformat()}.", field=field)
    return day
