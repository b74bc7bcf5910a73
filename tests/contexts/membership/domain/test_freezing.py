"""What a plan allows of freezes."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.membership.domain.samples import DAY, NOW, facts, membership, overlay
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    FreezeDaysExceeded,
    FreezesExceeded,
    FreezeTooShort,
    IllegalTransition,
)
from gymhopper.contexts.membership.domain.freezing import (
    FreezeRules,
    Frozen,
    allowed_end,
    fee_begins,
)
from gymhopper.kernel.errors import GymhopperError
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term

MARCH = Frozen(date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("rules", "new", "others", "refused", "says"),
    [
        (FreezeRules(minimum_days=31), MARCH, [], FreezeTooShort, "31 days at least"),
        (FreezeRules(freezes_a_year=1), MARCH, [MARCH], FreezesExceeded, "1 freezes a year"),
        (FreezeRules(freezes_a_year=0), MARCH, [], FreezesExceeded, "0 freezes"),
        (FreezeRules(days_a_year=29), MARCH, [], FreezeDaysExceeded, "29 are left in 2026"),
        (FreezeRules(days_a_year=50), MARCH, [MARCH], FreezeDaysExceeded, "20 are left in 2026"),
        (
            FreezeRules(days_a_year=30),
            Frozen(date(2026, 4, 1), None),
            [MARCH],
            FreezeDaysExceeded,
            "0 are left",
        ),
    ],
)
def test_a_freeze_beyond_the_rules_is_refused_with_the_limit(
    rules: FreezeRules,
    new: Frozen,
    others: list[Frozen],
    refused: type[GymhopperError],
    says: str,
) -> None:
    with pytest.raises(refused) as error:
        allowed_end(rules, new, others)
    assert says in error.value.detail


@pytest.mark.parametrize(
    ("new", "others", "end"),
    [
        (MARCH, [], date(2026, 3, 31)),
        (Frozen(date(2026, 3, 1), None), [], date(2026, 3, 31)),
        (
            Frozen(date(2026, 6, 1), None),
            [Frozen(date(2026, 3, 1), date(2026, 3, 21))],
            date(2026, 6, 11),
        ),
        # Days of next year are next year's.
        (Frozen(date(2026, 12, 22), date(2027, 1, 31)), [], date(2027, 1, 31)),
        (Frozen(date(2026, 12, 22), None), [], date(2027, 1, 31)),
    ],
)
def test_a_freeze_without_an_end_lasts_as_long_as_the_year_has_days(
    new: Frozen, others: list[Frozen], end: date
) -> None:
    assert allowed_end(FreezeRules(days_a_year=30), new, others) == end


def test_without_limits_nothing_ends_by_itself() -> None:
    assert allowed_end(FreezeRules(), Frozen(date(2026, 3, 1), None), []) is None


def test_the_first_days_of_a_year_may_be_free() -> None:
    rules = FreezeRules(fee=Money(500, "EUR"), free_days=28)
    assert fee_begins(rules, MARCH, []) == date(2026, 3, 29)
    assert fee_begins(rules, Frozen(date(2026, 3, 1), date(2026, 3, 29)), []) is None
    assert fee_begins(rules, Frozen(date(2026, 6, 1), None), [MARCH]) == date(2026, 6, 1)
    assert fee_begins(FreezeRules(), MARCH, []) is None


def test_a_fee_is_due_again_with_every_week() -> None:
    rules = FreezeRules(fee=Money(500, "EUR"), fee_every=Term("week", 1), free_days=7)
    it = membership(freeze_rules=rules)
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    freeze = overlay("freeze", NOW, None)
    it.lay_over(freeze, NOW)
    due = []
    for day in range(30):
        while it.charge_freeze(freeze.id, NOW + day * DAY) is not None:
            due.append(day)
    # NOW is 10:00 in Vienna, and the days are local ones: a week later at midnight.
    assert due == [7, 14, 21, 28]


def test_a_freeze_may_be_exempt_from_limits_and_still_bears_its_fee() -> None:
    rules = FreezeRules(minimum_days=30, freezes_a_year=0, fee=Money(500, "EUR"))
    it = membership(freeze_rules=rules)
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    freeze = overlay("freeze", NOW, NOW + DAY)
    with pytest.raises(FreezeTooShort):
        it.lay_over(freeze, NOW)
    assert it.overlays == []
    it.lay_over(freeze, NOW, exempt=True)
    assert freeze.fee_from == NOW


def test_a_freeze_is_dated_back_to_the_contract_s_start_at_most() -> None:
    it = membership()
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    known = facts(it)
    with pytest.raises(DateOutOfRange):
        it.lay_over(overlay("freeze", NOW - DAY, None), NOW + 9 * DAY, backdated=True)
    assert facts(it) == known
    it.lay_over(overlay("freeze", NOW + DAY, NOW + 3 * DAY), NOW + 9 * DAY, backdated=True)
    assert len(it.overlays) == 1


def test_a_term_whose_end_was_set_is_not_moved_by_a_freeze() -> None:
    it = membership()
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    it.cancel(NOW + 31 * DAY, NOW, "")
    freeze = overlay("freeze", NOW + DAY, None)
    freeze.extends_term = True
    with pytest.raises(IllegalTransition):
        it.lay_over(freeze, NOW)
    freeze.extends_term = False
    it.lay_over(freeze, NOW)


spans = st.tuples(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(1, 400))


@settings(deadline=None)
@given(st.integers(1, 366), spans, st.booleans(), st.lists(spans, max_size=3))
def test_no_year_has_more_days_than_the_plan_allows(
    limit: int, new: tuple[date, int], endless: bool, others: list[tuple[date, int]]
) -> None:
    held = [Frozen(first, first + timedelta(days=days)) for first, days in others]
    asked = Frozen(new[0], None if endless else new[0] + timedelta(days=new[1]))
    try:
        end = allowed_end(FreezeRules(days_a_year=limit), asked, held)
    except FreezeDaysExceeded:
        return
    # What lasts a whole leap year is never used up.
    assert end is not None or limit >= 365
    assert end is None or end > asked.first
    for year in range(2025, 2030):
        added = Frozen(asked.first, end).days_in(year)
        assert added == 0 or added + sum(each.days_in(year) for each in held) <= limit
