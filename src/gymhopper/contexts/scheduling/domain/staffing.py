"""Whether staff are at a place for all of a class."""

from datetime import date, datetime, timedelta

from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.calendar import DAY_MINUTES, local

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
_WHOLE_DAY = ((0, DAY_MINUTES),)


def is_staffed(place: LocationState, start: datetime, until: datetime) -> bool:
    """Whether staff are there in every minute of `[start, until)`.

    A place that never said when is staffed whenever it is open. Minutes are asked one by one, on
    the wall clock there: so an hour that comes twice, or never, needs no rule of its own.
    """
    at = start
    while at < until:
        if not _staffed_at(place, local(at, place.zone)):
            return False
        at = at.replace(second=0, microsecond=0) + MINUTE
    return True


def _staffed_at(place: LocationState, wall: datetime) -> bool:
    minute, day = wall.hour * 60 + wall.minute, wall.date()
    return any(start <= minute < until for start, until in _stretches(place, day)) or any(
        start <= minute + DAY_MINUTES < until for start, until in _stretches(place, day - DAY)
    )


def _stretches(place: LocationState, day: date) -> tuple[tuple[int, int], ...]:
    """The minutes of what begins on that local date."""
    weekly, exceptions = place.hours, place.exceptions
    if place.staffed_hours is not None:
        weekly, exceptions = place.staffed_hours, place.staffed_exceptions
    name = day.isoformat()
    for each in exceptions:
        if each.date == name:
            return each.open
    if weekly is None:
        return _WHOLE_DAY
    weekday = day.isoweekday()
    return tuple((each.start, each.until) for each in weekly if each.weekday == weekday)
