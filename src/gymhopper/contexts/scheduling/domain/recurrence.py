"""A series of classes in its venue's zone: the days it falls on, and when each begins and ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from gymhopper.contexts.scheduling.domain.recurrence_rule import check_rule, read
from gymhopper.kernel import calendar
from gymhopper.kernel.calendar import DAY_MINUTES
from gymhopper.kernel.errors import InvalidInput

__all__ = ["Recurrence", "check_rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """What comes again and again, at the same wall-clock time.

    `rule` is an RFC 5545 RRULE without "RRULE:". `starts` is the first day that it may fall on and
    `until` the first that it may not any more. The first class is on the first day from `starts`
    on that the rule gives: iCalendar counts DTSTART as an occurrence whether or not it fits, but
    who writes "Mondays, from Tuesday the 1st" plans no class on that Tuesday. COUNT counts from
    there, and a day in `except_on` counts like any other, as in iCalendar.

    `time` is local and `minutes` are real: an hour's class lasts an hour over a change of clocks.
    InvalidInput when a part cannot be.
    """

    rule: str
    starts: date
    time: time
    minutes: int
    zone: str
    until: date | None = None
    except_on: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        read(self.rule)
        if not 1 <= self.minutes <= DAY_MINUTES:
            raise InvalidInput(f"A class lasts 1 to {DAY_MINUTES} minutes.", field="minutes")
        if self.time.tzinfo is not None or self.time.fold:
            raise InvalidInput("The time is the venue's wall clock's, without zone.", field="time")
        if self.until is not None and self.until <= self.starts:
            raise InvalidInput("A series ends after the day on which it starts.", field="until")
        try:
            calendar.zone(self.zone)
        except ValueError as error:
            raise InvalidInput(f"{self.zone!r} is not an IANA time zone.", field="zone") from error

    def dates(self, start: date, until: date) -> Iterator[date]:
        """The local dates in `[start, until)` on which there is a class, in order."""
        end = until if self.until is None else min(until, self.until)
        for day in read(self.rule).days(self.starts, start, end):
            if day not in self.except_on:
                yield day

    def occurrence(self, day: date) -> tuple[datetime, datetime]:
        """The instants (UTC) at which the class of that local date begins and ends.

        A wall-clock time that the zone leaves out is read with the offset before the gap, one that
        it has twice is the first (RFC 5545, 3.3.5): nobody loses a class to a change of clocks.
        """
        wall = datetime.combine(day, self.time, calendar.zone(self.zone))
        # `fold` 0 has zoneinfo do both (PEP 495). The length is added to the instant, not the wall.
        start = wall.astimezone(UTC)
        return start, start + timedelta(minutes=self.minutes)
