"""How long and how often a plan lets its members freeze, and what that costs them."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from gymhopper.contexts.membership.domain.errors import (
    FreezeDaysExceeded,
    FreezesExceeded,
    FreezeTooShort,
)
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Term

_YEARS_AHEAD = 5


class FreezeRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a plan allows of freezes. Years are calendar years in the contract's zone.

    `fee` is due for each freeze, or again with every `fee_every` of it, once the year's
    `free_days` are used up. `extends_term`: the term ends later by the days of a freeze.
    `by_member`: members may set one themselves, `notice_days` beforehand.
    """

    minimum_days: int = 0
    days_a_year: int | None = None
    freezes_a_year: int | None = None
    fee: Money | None = None
    fee_every: Term | None = None
    free_days: int = 0
    extends_term: bool = False
    by_member: bool = False
    notice_days: int = 0


class Frozen(msgspec.Struct, frozen=True):
    """The local days `[first, beyond)` of a freeze; None has no end yet."""

    first: date
    beyond: date | None

    def days_in(self, year: int) -> int:
        """How many of them lie in the year."""
        begin, end = date(year, 1, 1), date(year + 1, 1, 1)
        last = end if self.beyond is None else min(self.beyond, end)
        return max(0, (last - max(self.first, begin)).days)


def allowed_end(rules: FreezeRules, new: Frozen, others: Sequence[Frozen]) -> date | None:
    """The first day after the new freeze: as asked, or for one without an end the day on which the
    year's days are used up (None: never).

    Raises FreezeTooShort, FreezesExceeded or FreezeDaysExceeded.
    """
    if new.beyond is not None and (new.beyond - new.first).days < rules.minimum_days:
        raise FreezeTooShort(f"A freeze lasts {rules.minimum_days} days at least.", field="until")
    in_year = sum(each.first.year == new.first.year for each in others)
    if rules.freezes_a_year is not None and in_year >= rules.freezes_a_year:
        raise FreezesExceeded(
            f"This plan allows {rules.freezes_a_year} freezes a year; {in_year} are in"
            f" {new.first.year}.",
            field="start",
        )
    if rules.days_a_year is None:
        return new.beyond
    last = new.first.year + _YEARS_AHEAD if new.beyond is None else new.beyond.year
    for year in range(new.first.year, last + 1):
        left = rules.days_a_year - sum(each.days_in(year) for each in others)
        if new.days_in(year) <= left:
            continue
        begin = max(new.first, date(year, 1, 1))
        if new.beyond is None and begin + timedelta(days=left) > new.first:
            return begin + timedelta(days=left)
        raise FreezeDaysExceeded(
            f"This plan allows {rules.days_a_year} days of freeze a year; {max(0, left)} are left"
            f" in {year}.",
            field="until",
        )
    return new.beyond


def fee_begins(rules: FreezeRules, new: Frozen, others: Sequence[Frozen]) -> date | None:
    """The first day that costs something; None where none does."""
    if rules.fee is None:
        return None
    free = rules.free_days - sum(each.days_in(new.first.year) for each in others)
    first = new.first + timedelta(days=max(0, free))
    return first if new.beyond is None or first < new.beyond else None
