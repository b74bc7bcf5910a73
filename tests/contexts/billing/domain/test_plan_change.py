"""Calendar days of a change of plan: nothing is lost, and nothing is charged twice."""

from datetime import date, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contexts.billing.samples import MONTHLY
from gymhopper.contexts.billing.domain import cycle, plan_change
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

DAY = timedelta(days=1)
PRICES = st.integers(0, 10**7)
FIRST_DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
ZONES = st.sampled_from(["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "UTC"])
INTERVALS = st.sampled_from([("month", 1), ("month", 3), ("week", 2), ("year", 1)])


def sold(first: date, zone: str, cycle_of: tuple[str, int], price: int) -> Terms:
    return msgspec.structs.replace(
        MONTHLY,
        plan_id=new_id(),
        starts_on=first,
        zone=zone,
        interval=cycle_of[0],
        count=cycle_of[1],
        price=Money(price, "EUR"),
    )


def to(old: Terms, price: int) -> Terms:
    return msgspec.structs.replace(old, plan_id=new_id(), price=Money(price, "EUR"))


def first(terms: Terms) -> Period:
    return cycle.first_period(terms)


def until(period: Period) -> datetime:
    assert period.until is not None
    return period.until


def total(old: Terms, new: Terms, day: date, periods: int = 1) -> int:
    billed = first(old)
    for _ in range(periods - 1):
        following = cycle.next_period(old, until(billed))
        assert following is not None
        billed = following
    found = plan_change.lines(old, new, day, billed_until=billed.until, frozen=())  # type: ignore[arg-type]  # it has an end
    return sum(each.amount for each in found)


@given(FIRST_DAYS, ZONES, INTERVALS, PRICES, PRICES, st.integers(0, 400))
def test_a_change_is_the_difference_of_what_is_left_of_the_days(
    start: date, zone: str, of: tuple[str, int], before: int, after: int, passed: int
) -> None:
    old = sold(start, zone, of, before)
    new, period = to(old, after), first(old)
    days = (local_date(until(period), zone) - start).days
    day = start + DAY * (passed % days)
    left = days - passed % days
    exact = (after - before) * left / days
    assert abs(total(old, new, day) - exact) <= 1
    # On its first day all of it is the new plan's.
    assert total(old, new, start) == after - before
    # What was used and what is left come to the price.
    used = before - cycle.rest(old, period, day, ())
    assert used + cycle.rest(old, period, day, ()) == before
    assert 0 <= used <= before


@given(FIRST_DAYS, ZONES, INTERVALS, PRICES, PRICES, st.integers(0, 400))
def test_a_change_and_its_way_back_on_the_same_day_cost_nothing(
    start: date, zone: str, of: tuple[str, int], before: int, after: int, passed: int
) -> None:
    old = sold(start, zone, of, before)
    new = to(old, after)
    days = (local_date(until(first(old)), zone) - start).days
    day = start + DAY * (passed % days)
    assert total(old, new, day) + total(new, to(old, before), day) == 0


@given(FIRST_DAYS, ZONES, PRICES, PRICES, st.integers(0, 27))
def test_a_period_that_was_asked_for_ahead_costs_the_whole_difference(
    start: date, zone: str, before: int, after: int, passed: int
) -> None:
    old = sold(start, zone, ("month", 1), before)
    new, day = to(old, after), start + DAY * passed
    assert total(old, new, day, periods=2) == total(old, new, day) + after - before


@given(FIRST_DAYS, ZONES, PRICES, PRICES, st.integers(0, 27))
def test_another_length_of_period_is_charged_whole_and_the_old_rest_given_back(
    start: date, zone: str, before: int, after: int, passed: int
) -> None:
    old, day = sold(start, zone, ("month", 1), before), start + DAY * passed
    new = sold(day, zone, ("year", 1), after)
    assert total(old, new, day) == after - cycle.rest(old, first(old), day, ())


def test_frozen_days_are_neither_given_back_nor_charged() -> None:
    old = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    new, day = to(old, 6200), date(2026, 3, 22)
    frozen = Period(
        start_of_day(date(2026, 3, 27), old.zone), start_of_day(date(2026, 4, 5), old.zone)
    )
    ends = first(old).until
    assert ends is not None
    found = plan_change.lines(old, new, day, billed_until=ends, frozen=[frozen])
    assert [each.amount for each in found] == [-500, 1000]


def test_a_day_of_23_hours_counts_as_a_day() -> None:
    old = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    new = to(old, 6200)
    # On 29 March the clocks go forward.
    assert [total(old, new, date(2026, 3, day)) for day in (28, 29, 30, 31)] == [
        *(400, 300, 200, 100)
    ]


def test_each_line_says_for_which_plan_and_time_it_is_and_how_it_is_taxed() -> None:
    old = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    new = msgspec.structs.replace(to(old, 6200), plan_name="Premium", tax_code="reduced")
    ends = first(old).until
    assert ends is not None
    found = plan_change.lines(old, new, date(2026, 3, 22), billed_until=ends, frozen=())
    since = start_of_day(date(2026, 3, 22), old.zone)
    assert [(each.text, each.tax_code, each.start, each.until) for each in found] == [
        ("Basic", "standard", since, ends),
        ("Premium", "reduced", since, ends),
    ]
    assert {each.kind for each in found} == {"proration"}


def test_what_costs_nothing_has_no_line() -> None:
    old = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 0)
    ends = first(old).until
    assert ends is not None
    found = plan_change.lines(old, to(old, 3100), date(2026, 3, 31), billed_until=ends, frozen=())
    assert [each.amount for each in found] == [100]


def test_an_instant_lies_in_the_period_that_holds_it() -> None:
    terms = sold(date(2026, 3, 10), "Europe/Vienna", ("month", 1), 3100)
    march = first(terms)
    april = cycle.next_period(terms, until(march))
    assert april is not None
    for period in (march, april):
        last = until(period) - timedelta(seconds=1)
        for at in (period.start, last):
            assert plan_change.period_of(terms, at) == period
    assert plan_change.period_of(terms, march.start - timedelta(seconds=1)) is None
