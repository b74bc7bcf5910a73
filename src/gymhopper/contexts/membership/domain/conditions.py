"""What a plan's contracts are bound by: their terms, how they are left, what a debt does."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Literal

import msgspec

from gymhopper.contexts.membership.domain.debt import DebtRules
from gymhopper.kernel.term import Term

AfterInitialTerm = Literal["rolling", "renew", "end"]

_DAY = timedelta(days=1)


class Extension(msgspec.Struct, frozen=True, order=True):
    """A freeze that began on this day moved the end of the term that ran by so many days."""

    start: date
    days: int


class Conditions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Agreed at the sale, and kept as sold.

    Without an `initial_term` the contract rolls from its first day. `after_initial_term` it rolls
    on, is renewed for one `renewal_term` (as long as the initial one when left out) after another,
    or ends. `notice` is what leaving asks for, `rolling_notice` what it asks for once the initial
    term is over (the same when left out). `withdrawal_days` are those in which whoever bought from
    a distance may withdraw, `debt` what a debt leads to.
    """

    initial_term: Term | None = None
    notice: Term | None = None
    after_initial_term: AfterInitialTerm = "rolling"
    renewal_term: Term | None = None
    rolling_notice: Term | None = None
    withdrawal_days: int = 14
    debt: DebtRules = DebtRules()

    def term_end(self, anchor: date, day: date, moved: Sequence[Extension] = ()) -> date | None:
        """The first day after the term that runs on `day`; None where none binds."""
        return next((end for end in self._term_ends(anchor, moved) if end > day), None)

    def expires_on(self, anchor: date, moved: Sequence[Extension] = ()) -> date | None:
        """The first day without a contract that ends by itself; None where it goes on."""
        if self.after_initial_term != "end":
            return None
        return next(self._term_ends(anchor, moved), None)

    def earliest_end(self, anchor: date, today: date, moved: Sequence[Extension] = ()) -> date:
        """The first day without the contract for whoever gives notice today; maybe today itself."""
        left = _noticed(self.notice, today)
        if self.initial_term is None:
            return left
        initial = next(self._term_ends(anchor, moved))
        if left <= initial or self.after_initial_term == "end":
            return max(initial, today)
        if self.after_initial_term == "renew":
            return next(end for end in self._term_ends(anchor, moved) if left <= end)
        return max(initial, _noticed(self.rolling_notice or self.notice, today))

    def _term_ends(self, anchor: date, moved: Sequence[Extension]) -> Iterator[date]:
        """The first days after each term, counted from the anchor so that they never drift."""
        if self.initial_term is None:
            return
        numbers: Iterable[int] = count() if self.after_initial_term == "renew" else (0,)
        for number in numbers:
            day = self._unmoved_end(anchor, self.initial_term, number)
            for each in sorted(moved):
                if each.start < day:
                    day += each.days * _DAY
            yield day

    def _unmoved_end(self, anchor: date, initial: Term, number: int) -> date:
        renewal = self.renewal_term or initial
        if initial.months is not None and renewal.months is not None:
            months = initial.months + number * renewal.months
            return Term("month", months).boundary(anchor, 1)
        return renewal.boundary(initial.boundary(anchor, 1), number)


def _noticed(notice: Term | None, today: date) -> date:
    """The day after a notice has run out: it counts from the day after it was given."""
    return today if notice is None else notice.boundary(today, 1) + _DAY
