"""A series of classes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.recurrence import Recurrence, check_rule
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.errors import InvalidInput

_COUNT = re.compile(r"COUNT=([0-9]+)", re.IGNORECASE)


@dataclass(eq=False, kw_only=True)
class Schedule:
    """Classes on the dates that `rule` gives from `starts_on` until `ends_before`, at the same
    wall-clock time.

    There is none on dates in `except_on`, nor, unless it goes on `on_holidays`, on days on which
    its location is closed. Classes were made for dates before `generated_until`. It `follows` the
    schedule from which it was split off.
    """

    id: UUID
    organisation_id: UUID
    location_id: UUID
    class_type_id: UUID
    room_id: UUID | None
    name: str
    rule: str
    zone: str
    starts_on: date
    ends_before: date | None
    start_time: time
    minutes: int
    capacity: int
    caps: Caps
    instructor_ids: tuple[UUID, ...]
    except_on: tuple[date, ...]
    on_holidays: bool
    generated_until: date
    created_at: datetime
    follows: UUID | None = None
    version: int = 0

    def check(self) -> None:
        """Raises InvalidInput for a rule or a time that cannot be."""
        check_rule(self.rule, self.starts_on)
        if self.start_time.tzinfo is not None:
            raise InvalidInput("It is the wall clock's, without a zone.", field="start_time")

    def dates(self, start: date, until: date, closed: Iterable[date]) -> Iterator[date]:
        """The dates in `[start, until)` with a class; `closed` are days without any."""
        if self.ends_before is not None and self.ends_before <= self.starts_on:
            return
        skipped = frozenset() if self.on_holidays else frozenset(closed)
        for day in self._recurrence(self.except_on).dates(start, until):
            if day not in skipped:
                yield day

    def occurrence(self, day: date) -> tuple[datetime, datetime]:
        """The instants at which the class of that date begins and ends."""
        return self._recurrence(()).occurrence(day)

    def first_from(self, day: date, until: date) -> date | None:
        """The first date of the series from that day on, also where there is no class."""
        return next(self._recurrence(()).dates(max(day, self.starts_on), until), None)

    def rule_from(self, day: date) -> str:
        """The rule of what is left from that day on: a rule that counts counts fewer."""
        found = _COUNT.search(self.rule)
        if found is None:
            return self.rule
        given = sum(1 for _ in self._recurrence(()).dates(self.starts_on, day))
        left = max(1, int(found[1]) - given)
        return f"{self.rule[: found.start()]}COUNT={left}{self.rule[found.end() :]}"

    def _recurrence(self, except_on: Iterable[date]) -> Recurrence:
        ends = self.ends_before
        if ends is not None and ends <= self.starts_on:
            ends = None
        return Recurrence(
            rule=self.rule,
            starts=self.starts_on,
            time=self.start_time,
            minutes=self.minutes,
            zone=self.zone,
            until=ends,
            except_on=frozenset(except_on),
        )


def closed_days(place: LocationState) -> frozenset[date]:
    """The days on which a location is closed by an exception."""
    return frozenset(date.fromisoformat(each.date) for each in place.exceptions if not each.open)
