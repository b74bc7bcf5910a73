"""The calendar of what we ask for ourselves: which days each claim is for, and what they cost.

Stripe bills by its own clock and by seconds; we bill by the local days of the contract's zone.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from gymhopper.contexts.billing.domain.line import Line, LineKind
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term


def first_charge(terms: Terms) -> datetime:
    """When the first period begins that is paid for."""
    return start_of_day(_anchor(terms), terms.zone)


def first_period(terms: Terms) -> Period:
    """The trial where there is one, else the first period that is paid for."""
    if terms.trial_days:
        return _days(terms, terms.starts_on, _anchor(terms))
    return _paid_period(terms, 0)


def next_period(
    terms: Terms, billed_until: datetime, expires_at: datetime | None = None
) -> Period | None:
    """The period after those billed already; None when that was the last.

    Where a freeze moved the contract's end to `expires_at`, there are more than were sold.
    """
    number = 0
    while (found := _paid_period(terms, number)).start < billed_until:
        number += 1
    over = terms.periods is not None and number >= terms.periods
    if over and (terms.single or expires_at is None or found.start >= expires_at):
        return None
    return found


def first_lines(terms: Terms) -> tuple[Line, ...]:
    """What is asked for at the beginning: the joining fee, and the first period after no trial."""
    period = first_period(terms)
    fee = terms.joining_fee.amount if terms.joining_fee is not None else 0
    price = () if terms.trial_days else _lines(terms, terms.price, period, part=(1, 1))
    return (*price, *((_line(terms, "joining_fee", fee, period),) if fee else ()))


def lines(
    terms: Terms, period: Period, *, frozen: Sequence[Period], until: datetime | None
) -> tuple[Line, ...]:
    """What a later period costs: its days until the contract's end, without the frozen ones."""
    whole, charged = _charged(terms, period, frozen, until)
    price = terms.price_at(period.start)
    return _lines(terms, price, period, part=(len(charged), len(whole)))


def discounted(terms: Terms, start: datetime) -> bool:
    """Whether the discount holds for a paid period that begins then: they are counted by the
    calendar, frozen or not."""
    found = terms.discount
    if found is None or found.periods is None:
        return found is not None
    return start < _paid_period(terms, found.periods).start


def charged_until(
    terms: Terms, expires_at: datetime | None, frozen: Sequence[Period]
) -> datetime | None:
    """Until when a contract is paid for that is over at `expires_at`: whoever went on paying in a
    freeze that moved the end has paid for as many days at the end."""
    if terms.periods is None or expires_at is None:
        return expires_at
    sold = _paid_period(terms, terms.periods - 1).until or expires_at
    rested = sum(
        (local_date(each.until or expires_at, terms.zone) - local_date(each.start, terms.zone)).days
        for each in frozen
    )
    later = local_date(sold, terms.zone) + timedelta(days=rested)
    return min(expires_at, start_of_day(later, terms.zone))


def taken_off(
    terms: Terms, amount: int, period: Period, *, frozen: Sequence[Period], until: datetime | None
) -> int:
    """What of a whole period's `amount` is not to be paid: frozen days, and those beyond the
    contract's end."""
    whole, charged = _charged(terms, period, frozen, until)
    return amount - rounded(amount * len(charged), len(whole)) if whole else 0


def left_out(terms: Terms, period: Period, frozen: Sequence[Period]) -> tuple[date, ...]:
    """The days of a period that are not charged because they are frozen."""
    stopped = {day for each in frozen for day in _dates_within(each, period, terms.zone)}
    return tuple(sorted(stopped))


def periods(terms: Terms, day: date, billed_until: datetime) -> list[Period]:
    """The paid periods that reach beyond the beginning of `day` and begin before `billed_until`."""
    begins, found, number = start_of_day(day, terms.zone), [], 0
    while (each := _paid_period(terms, number)).start < billed_until:
        if each.until is not None and each.until > begins:
            found.append(each)
        number += 1
    return found


def rest(terms: Terms, period: Period, day: date, frozen: Sequence[Period]) -> int:
    """What the days of a period from `day` on cost, without the frozen ones, and after what is
    taken off."""
    whole, stopped = dates(period, terms.zone), set(left_out(terms, period, frozen))
    left = [each for each in whole if each >= day and each not in stopped]
    price = terms.price_at(period.start)
    cost = terms.reduced(price) if discounted(terms, period.start) else price
    return rounded(cost.amount * len(left), len(whole))


def rounded(numerator: int, denominator: int) -> int:
    """The quotient to the nearest whole, halves away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def _charged(
    terms: Terms, period: Period, frozen: Sequence[Period], until: datetime | None
) -> tuple[list[date], list[date]]:
    """The days of a period, and those of them that are paid for."""
    whole, stopped = dates(period, terms.zone), set(left_out(terms, period, frozen))
    ended = local_date(until, terms.zone) if until is not None else None
    return whole, [x for x in whole if x not in stopped and (ended is None or x < ended)]


def _lines(
    terms: Terms, price: Money, period: Period, *, part: tuple[int, int]
) -> tuple[Line, ...]:
    """A `part` of a period at that price, and below it what is taken off, if that is something."""
    amount = rounded(price.amount * part[0], part[1])
    found = (_line(terms, _kind(terms), amount, period),) if amount else ()
    if terms.discount is None or not found or not discounted(terms, period.start):
        return found
    off = amount - rounded(terms.reduced(price).amount * part[0], part[1])
    if not off:
        return found
    taken_off = _line(terms, "discount", -off, period)
    return (*found, msgspec.structs.replace(taken_off, text=terms.discount.code))


def _line(terms: Terms, kind: LineKind, amount: int, period: Period) -> Line:
    return Line(
        kind=kind,
        text=terms.plan_name,
        amount=amount,
        tax_code=terms.tax_code,
        start=period.start,
        until=period.until or period.start,
    )


def _kind(terms: Terms) -> LineKind:
    return "period" if terms.recurs else "purchase"


def _anchor(terms: Terms) -> date:
    """The day that paid periods count from."""
    return terms.starts_on + timedelta(days=terms.trial_days)


def _paid_period(terms: Terms, number: int) -> Period:
    term, anchor = Term(terms.interval, terms.count), _anchor(terms)
    return _days(terms, term.boundary(anchor, number), term.boundary(anchor, number + 1))


def _days(terms: Terms, first: date, beyond: date) -> Period:
    return Period(start_of_day(first, terms.zone), start_of_day(beyond, terms.zone))


def dates(period: Period, zone: str) -> list[date]:
    """The local dates of a period; that on which it ends is none of them."""
    first = local_date(period.start, zone)
    beyond = local_date(period.until or period.start, zone)
    return [first + timedelta(days=number) for number in range((beyond - first).days)]


def _dates_within(freeze: Period, period: Period, zone: str) -> Iterable[date]:
    """The days of `period` that are frozen as a whole: one that was begun is used."""
    for day in dates(period, zone):
        begins, ends = start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
        if freeze.start <= begins and (freeze.until is None or ends <= freeze.until):
            yield day
