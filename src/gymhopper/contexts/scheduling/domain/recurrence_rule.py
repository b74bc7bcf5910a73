"""What of RFC 5545's recurrence rules (section 3.3.10) a timetable takes, and the days they give.

A rule is expanded here and not by dateutil, which the tests compare it with: dateutil cannot be
told where to stop looking, so a rule that never comes (30 February) costs it seconds, and it always
begins with the first day. Here the cost is bounded by the days between the two ends, whatever the
rule says.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NoReturn

from gymhopper.kernel.errors import InvalidInput

LONGEST_TEXT: Final = 250
LARGEST_COUNT: Final = 1000
LARGEST_INTERVAL: Final = 366
SEARCHED_YEARS: Final = 8
"""A rule comes at least once in so many years: the longest wait for a 29 February."""

FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,4}")
_NTH: Final = {"MONTHLY": 5, "YEARLY": 53}

_REFUSED: Final = {
    "UNTIL": "The last day is the schedule's own, not the rule's UNTIL.",
    "DTSTART": "The first day is the schedule's own, not the rule's DTSTART.",
    "BYHOUR": "The time of day is the schedule's own.",
    "BYMINUTE": "The time of day is the schedule's own.",
    "BYSECOND": "The time of day is the schedule's own.",
    # Calendars differ in what a week's number gives when no weekday is said.
    "BYWEEKNO": "Numbers of weeks are not taken; name months.",
    "BYYEARDAY": "Numbers of days of the year are not taken; name months and days.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as it was read. Weekdays count from 0, Monday; an empty set restricts nothing.

    `nth_weekdays` are (n, weekday): the second Tuesday is (2, 1), the last Friday (-1, 4).
    `positions` choose among the days of one month, say (BYSETPOS).
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    week_start: int = 0
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    nth_weekdays: frozenset[tuple[int, int]] = frozenset()
    positions: frozenset[int] = frozenset()

    def beginning(self, starts: date) -> "Rule":
        """The rule with what it leaves open taken from its first day, as the RFC has it."""
        if self.weekdays or self.nth_weekdays or self.month_days or self.frequency == "DAILY":
            return self
        if self.frequency == "WEEKLY":
            return replace(self, weekdays=frozenset({starts.weekday()}))
        months = self.months
        if self.frequency == "YEARLY" and not months:
            months = frozenset({starts.month})
        return replace(self, months=months, month_days=frozenset({starts.day}))

    def days(self, starts: date, start: date, until: date) -> Iterator[date]:
        """The days in `[start, until)` that the rule gives when its first is `starts` or later.

        Periods (days, weeks, months, years) that lie before `start` are not looked at, unless
        COUNT says that what they give must be counted.
        """
        rule = self.beginning(starts)
        if until <= max(start, starts):
            return
        anchor, last = (
            rule.period_of(starts),
            rule.period_of(date.fromordinal(until.toordinal() - 1)),
        )
        begin = anchor
        if rule.count is None and start > starts:
            begin += (rule.period_of(start) - anchor) // rule.interval * rule.interval
        given = 0
        for period in range(begin, last + 1, rule.interval):
            for day in rule.days_of(period):
                if day < starts:
                    continue
                if day >= until or given == rule.count:
                    return
                given += 1
                if day >= start:
                    yield day

    def period_of(self, day: date) -> int:
        """The number of the day, week, month or year in which the day lies."""
        match self.frequency:
            case "DAILY":
                return day.toordinal()
            case "WEEKLY":
                return (day.toordinal() - 1 - self.week_start) // 7
            case "MONTHLY":
                return day.year * 12 + day.month - 1
            case _:
                return day.year

    def days_of(self, period: int) -> list[date]:
        """The days that the rule gives in one period, in order."""
        start, until = self._bounds(period)
        found = [day for day in map(date.fromordinal, range(start, until)) if self._gives(day)]
        if not self.positions:
            return found
        chosen = {at - 1 if at > 0 else len(found) + at for at in self.positions}
        return [day for at, day in enumerate(found) if at in chosen]

    def _bounds(self, period: int) -> tuple[int, int]:
        """The ordinals of the period's first day and of the one after its last."""
        match self.frequency:
            case "DAILY":
                return period, period + 1
            case "WEEKLY":
                first = period * 7 + 1 + self.week_start
                return max(first, 1), min(first + 7, _AFTER_ALL)
            case "MONTHLY":
                return _month(period), _month(period + 1)
            case _:
                return _month(period * 12), _month(period * 12 + 12)

    def _gives(self, day: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        if self.month_days and not self._on_month_day(day):
            return False
        if self.weekdays or self.nth_weekdays:
            return day.weekday() in self.weekdays or self._on_nth_weekday(day)
        return True

    def _on_month_day(self, day: date) -> bool:
        if day.day in self.month_days:
            return True
        month = day.year * 12 + day.month - 1
        return day.toordinal() - _month(month + 1) in self.month_days

    def _on_nth_weekday(self, day: date) -> bool:
        if not self.nth_weekdays:
            return False
        # In a yearly rule they count within the year, unless months are named.
        if self.frequency == "YEARLY" and not self.months:
            first, after = _month(day.year * 12), _month(day.year * 12 + 12)
        else:
            month = day.year * 12 + day.month - 1
            first, after = _month(month), _month(month + 1)
        ordinal, weekday = day.toordinal(), day.weekday()
        from_start, from_end = (ordinal - first) // 7 + 1, (ordinal - after) // 7
        return not self.nth_weekdays.isdisjoint({(from_start, weekday), (from_end, weekday)})


_AFTER_ALL: Final = date.max.toordinal() + 1


def _month(number: int) -> int:
    """The ordinal of the month's first day; months are counted from the year 0's January."""
    year, month = divmod(number, 12)
    return _AFTER_ALL if year > date.max.year else date(year, month + 1, 1).toordinal()


def read(text: str) -> Rule:
    """The rule that is written in RFC 5545's way, without "RRULE:".

    InvalidInput when it is none, or more than a timetable takes.
    """
    if len(text) > LONGEST_TEXT or not text.isascii():
        _refuse(f"A rule has at most {LONGEST_TEXT} characters, of ASCII.")
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        name, equals, value = part.partition("=")
        if name in _REFUSED:
            _refuse(_REFUSED[name])
        if not equals or (name != "FREQ" and name not in _READERS):
            _refuse(f"{part!r} is no part of a recurrence rule (RFC 5545, 3.3.10).")
        if name in parts:
            _refuse(f"{name} is there twice.")
        parts[name] = value
    rule = _frequency(parts.pop("FREQ", ""))
    for name, value in parts.items():
        rule = _READERS[name](rule, value)
    _check_parts(rule)
    return rule


def check_rule(text: str, starts: date | None = None) -> None:
    """InvalidInput (field `rule`) unless a timetable can follow the rule.

    It must come at least once in `SEARCHED_YEARS`; for an INTERVAL that depends on the first day,
    so `starts` is asked for to be sure ("every 7th day, on Mondays" only comes from a Monday on).
    """
    rule = read(text)
    if starts is None:
        # Any span with a leap year in it does; 2024 was one.
        starts, rule = date(2024, 1, 1), replace(rule, interval=1)
    until = date(min(starts.year + SEARCHED_YEARS, date.max.year), 12, 31)
    if next(rule.days(starts, starts, until), None) is None:
        _refuse(f"The rule gives no day in {SEARCHED_YEARS} years.")


def _check_parts(rule: Rule) -> None:
    furthest = _NTH.get(rule.frequency, 0)
    if rule.frequency == "YEARLY" and rule.months:
        furthest = _NTH["MONTHLY"]
    if any(abs(nth) > furthest for nth, _ in rule.nth_weekdays):
        _refuse(f"No {rule.frequency} rule of this form has a weekday of that number in BYDAY.")
    if rule.frequency == "WEEKLY" and rule.month_days:
        _refuse("A weekly rule has no BYMONTHDAY.")
    narrowed = rule.months or rule.month_days or rule.weekdays or rule.nth_weekdays
    if rule.positions and not narrowed:
        _refuse("BYSETPOS chooses among what another part gives.")


def _refuse(sentence: str) -> NoReturn:
    raise InvalidInput(sentence, field="rule")


def _number(name: str, value: str, low: int, high: int) -> int:
    if not _NUMBER.fullmatch(value) or not low <= int(value) <= high or int(value) == 0:
        _refuse(f"{value!r} is no {name}: {low} to {high}" + (", not 0." if low < 0 else "."))
    return int(value)


def _numbers(name: str, value: str, low: int, high: int) -> frozenset[int]:
    return frozenset(_number(name, each, low, high) for each in value.split(","))


def _frequency(value: str) -> Rule:
    if value not in FREQUENCIES:
        _refuse(f"FREQ is one of {', '.join(FREQUENCIES)}.")
    return Rule(frequency=value)


def _week_start(rule: Rule, value: str) -> Rule:
    if value not in _WEEKDAYS:
        _refuse(f"{value!r} is no WKST: {', '.join(_WEEKDAYS)}.")
    return replace(rule, week_start=_WEEKDAYS.index(value))


def _days(rule: Rule, value: str) -> Rule:
    plain, nth = set(), set()
    for each in value.split(","):
        found = _DAY.fullmatch(each)
        if found is None:
            _refuse(f"{each!r} is no BYDAY: MO, or 2TU, or -1FR.")
        number, weekday = found[1], _WEEKDAYS.index(found[2])
        if number is None:
            plain.add(weekday)
        else:
            nth.add((_number("BYDAY", number, -53, 53), weekday))
    return replace(rule, weekdays=frozenset(plain), nth_weekdays=frozenset(nth))


_READERS: Final[Mapping[str, Callable[[Rule, str], Rule]]] = {
    "INTERVAL": lambda rule, value: replace(
        rule, interval=_number("INTERVAL", value, 1, LARGEST_INTERVAL)
    ),
    # A course of ten evenings is COUNT=10: nobody has to work out on which day it ends.
    "COUNT": lambda rule, value: replace(rule, count=_number("COUNT", value, 1, LARGEST_COUNT)),
    "WKST": _week_start,
    "BYMONTH": lambda rule, value: replace(rule, months=_numbers("BYMONTH", value, 1, 12)),
    "BYMONTHDAY": lambda rule, value: replace(
        rule, month_days=_numbers("BYMONTHDAY", value, -31, 31)
    ),
    "BYDAY": _days,
    "BYSETPOS": lambda rule, value: replace(rule, positions=_numbers("BYSETPOS", value, -366, 366)),
}
