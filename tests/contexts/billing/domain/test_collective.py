"""Which periods a sponsor is asked for, and its part of each."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.billing.sponsors import ALL, LONG_AGO, somebody
from gymhopper.contexts.billing.domain.collective import (
    Owed,
    month_after,
    month_before,
    periods_begun,
    sponsor_part,
)
from gymhopper.contexts.billing.domain.tax import OUTSIDE, Rate
from gymhopper.contracts.membership.sponsors.api import Covered, DatedPrice, Share, Stretch
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

ZONE = "Europe/Vienna"


def day(on: date) -> datetime:
    return start_of_day(on, ZONE)


MARCH = Period(day(date(2026, 3, 1)), day(date(2026, 4, 1)))
SHARES = st.one_of(
    st.builds(lambda percent: Share(since=LONG_AGO, percent=percent), st.integers(1, 100)),
    st.builds(
        lambda amount: Share(since=LONG_AGO, amount=Money(amount, "EUR")), st.integers(1, 10**6)
    ),
)


def begun(covered: Covered, within: Period = MARCH, **more: Any) -> list[Owed]:
    given: dict[str, Any] = {"shares": (ALL,), "rate": OUTSIDE} | more
    return list(periods_begun(covered, within=within, **given))


@given(price=st.integers(0, 10**7), share=SHARES)
def test_both_parts_come_to_the_price_to_the_cent_and_none_is_below_zero(
    price: int, share: Share
) -> None:
    part = sponsor_part(price, share)
    assert 0 <= part <= price
    if share.percent is not None:
        assert abs(100 * part - price * share.percent) <= 50


@given(
    starts_on=st.dates(date(2025, 1, 1), date(2026, 6, 1)),
    share=SHARES,
    amount=st.integers(1, 10**6),
    interval=st.sampled_from(("day", "week", "month", "year")),
    count=st.integers(1, 4),
    lasts=st.integers(0, 500),
    frozen=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 60)), max_size=2),
)
def test_months_in_a_row_leave_out_no_period_and_have_none_twice(
    starts_on: date,
    share: Share,
    amount: int,
    interval: str,
    count: int,
    lasts: int,
    frozen: list[tuple[int, int]],
) -> None:
    stretches = tuple(
        Stretch(
            start=day(starts_on + timedelta(days=first)),
            until=day(starts_on + timedelta(days=first + length)),
        )
        for first, length in frozen
    )
    covered = somebody(
        starts_on,
        amount=amount,
        interval=interval,
        interval_count=count,
        until=day(starts_on + timedelta(days=lasts)),
        frozen=stretches,
    )
    months, start = [], day(date(2024, 12, 1))
    while start < day(date(2028, 1, 1)):
        until = month_after(start, ZONE)
        assert month_before(until, ZONE) == start
        months.append(Period(start, until))
        start = until
    one_by_one = [each for month in months for each in begun(covered, month, shares=(share,))]
    at_once = begun(covered, Period(months[0].start, start), shares=(share,))
    assert [each.key for each in one_by_one] == [each.key for each in at_once]
    assert len({each.key for each in at_once}) == len(at_once)
    for each in at_once:
        assert each.part + each.own == each.price <= amount
        assert day(starts_on) <= each.period.start
        assert covered.until is not None
        assert each.period.start < covered.until


def test_who_came_on_the_31st_has_a_period_in_every_month() -> None:
    covered = somebody(date(2026, 1, 31))
    starts = [
        each.period.start for each in begun(covered, Period(MARCH.start, day(date(2026, 7, 1))))
    ]
    assert starts == [
        day(date(2026, 3, 31)),
        day(date(2026, 4, 30)),
        day(date(2026, 5, 31)),
        day(date(2026, 6, 30)),
    ]


def test_the_price_and_the_share_are_those_of_the_periods_first_day() -> None:
    covered = somebody(
        date(2026, 1, 10),
        prices=(
            DatedPrice(price=Money(1000, "EUR")),
            DatedPrice(price=Money(2000, "EUR"), since=day(date(2026, 3, 10))),
        ),
    )
    half = Share(since=day(date(2026, 3, 10)) + timedelta(seconds=1), percent=50)
    (march,) = begun(covered, shares=(ALL, half))
    assert (march.price, march.part) == (2000, 2000)
    (april,) = begun(
        covered, Period(day(date(2026, 4, 1)), day(date(2026, 5, 1))), shares=(ALL, half)
    )
    assert (april.price, april.part) == (2000, 1000)
    (february,) = begun(covered, Period(day(date(2026, 2, 1)), MARCH.start))
    assert february.price == 1000


@pytest.mark.parametrize(("days", "price"), [(31, 0), (15, 1600), (1, 3000)])
def test_frozen_days_are_not_charged(days: int, price: int) -> None:
    frozen = (Stretch(start=MARCH.start, until=day(date(2026, 3, 1) + timedelta(days=days))),)
    found = begun(somebody(date(2026, 3, 1), amount=3100, frozen=frozen))
    assert sum(each.price for each in found) == price


def test_tax_comes_on_top_where_prices_are_without_it() -> None:
    twenty = Rate(category="S", percent="20")
    (owed,) = begun(somebody(date(2026, 3, 5), amount=1000, tax_included=False), rate=twenty)
    assert owed.price == 1200


def test_nothing_is_owed_for_what_began_before_there_was_a_share() -> None:
    late = Share(since=datetime(2026, 3, 20, tzinfo=UTC), percent=100)
    assert begun(somebody(date(2026, 3, 5)), shares=(late,)) == []
