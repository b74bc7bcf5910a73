"""Where a provider stops collecting by itself.

It counts whole intervals from its anchor, in UTC and to the second; a contract ends at midnight of
its own zone. An end that the provider is given within a period shortens what that period costs, so
an end that is meant to be a period's own is given as the provider counts it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term

_WITHIN_A_DAY = timedelta(hours=25)
"""So much later than the contract's day a provider's period may end; a day may have 25 hours."""

_LATER_IN_MONTH = timedelta(days=4)
"""So much earlier it may end: midnight may be the last day of the month before in UTC."""

_SUMMER_TIME = timedelta(hours=2)


def boundary(terms: Terms, anchor: datetime, number: int) -> datetime:
    """Where the provider's period with this number begins, from 0."""
    start = anchor.astimezone(UTC)
    day = Term(terms.interval, terms.count).boundary(start.date(), number)
    return datetime.combine(day, start.timetz())


def last_boundary(
    terms: Terms, anchor: datetime, frozen: Sequence[Period], expires_at: datetime | None
) -> datetime | None:
    """When what was sold for so many periods has been charged; None where it goes on.

    Frozen time costs nothing, so as much is charged at the end where the freeze moved that.
    `expires_at` is where the contract ends by its own terms; None: that is not known yet, as before
    the first payment or in a freeze without an end.
    """
    if terms.periods is None:
        return None
    if expires_at is None and any(each.until is None for each in frozen):
        return None
    end = boundary(terms, anchor, terms.periods)
    if expires_at is None:
        return end
    if end - expires_at >= _WITHIN_A_DAY:
        # Whoever paid days after the first one had so many days less.
        return expires_at
    if expires_at - end <= _slack(terms):
        return end
    rested = sum(((each.until or expires_at) - each.start for each in frozen), timedelta())
    return _nearest(terms, anchor, min(expires_at, end + rested))


def _nearest(terms: Terms, anchor: datetime, end: datetime) -> datetime:
    """A boundary that is less than a day away, so that nobody is charged for some hours."""
    number = terms.periods or 0
    while (found := boundary(terms, anchor, number)) <= end - _WITHIN_A_DAY:
        number += 1
    return found if found < end + _WITHIN_A_DAY else end


def as_counted(end: datetime, terms: Terms, anchor: datetime) -> datetime:
    """An end that the parties set, as the provider counts it: a boundary that is less than a day
    later, or the one that stands for the same end of a period in the contract's calendar."""
    number = 0
    while (later := boundary(terms, anchor, number)) < end:
        number += 1
    if later - end < _WITHIN_A_DAY:
        return later
    earlier = boundary(terms, anchor, max(number - 1, 0))
    if number > 1 and end - earlier <= _slack(terms) and _is_term_end(end, terms):
        return earlier
    return end


def _is_term_end(end: datetime, terms: Terms) -> bool:
    """Whether one of the contract's own periods ends there."""
    day, number = local_date(end, terms.zone), 0
    term, first = Term(terms.interval, terms.count), terms.starts_on
    first += timedelta(days=terms.trial_days)
    while (found := term.boundary(first, number)) < day:
        number += 1
    return found == day and start_of_day(day, terms.zone) == end


def _slack(terms: Terms) -> timedelta:
    return _LATER_IN_MONTH if terms.interval in ("month", "year") else _SUMMER_TIME
