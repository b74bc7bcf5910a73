"""What is left over of dearer plans: what was paid and what is credit come to what was used."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.billing.domain.test_plan_change import FIRST_DAYS, INTERVALS, ZONES, first, sold, to
from gymhopper.contexts.billing.domain import cycle, plan_change
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.left_over import LeftOver, left_over
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contexts.billing.domain.time_back import give_back
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period

DAY = timedelta(days=1)
PAYER = new_id()
CHAINS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), min_size=1, max_size=5)


def paid(lines: tuple[Line, ...], start: datetime, until: datetime, payer: UUID = PAYER) -> Claim:
    return Claim(
        id=new_id(),
        dues_id=new_id(),
        organisation_id=new_id(),
        person_id=new_id(),
        membership_id=new_id(),
        billing_account_id=payer,
        subscription_id=None,
        provider="manual",
        provider_invoice_id="",
        lines=lines,
        amount=sum(each.amount for each in lines),
        outstanding=0,
        currency="EUR",
        start=start,
        until=until,
        first=False,
        status="paid",
    )


def period_paid(terms: Terms) -> tuple[Claim, datetime]:
    period = first(terms)
    assert period.until is not None
    return paid(cycle.first_lines(terms), period.start, period.until), period.until


def rest_of(
    old: Terms, new: Terms, day: date, claims: list[Claim], until: datetime
) -> LeftOver | None:
    return left_over(old, new, day, claims=claims, account_id=PAYER, billed_until=until, frozen=())


@given(FIRST_DAYS, ZONES, INTERVALS, st.integers(1, 10**7), CHAINS)
def test_what_was_paid_without_what_is_credit_is_what_each_day_cost(
    start: date, zone: str, of: tuple[str, int], price: int, chain: list[tuple[int, int]]
) -> None:
    plan = sold(start, zone, of, price)
    claim, until = period_paid(plan)
    claims, kept = [claim], claim.amount
    days = (local_date(until, zone) - start).days
    day, exact, credited = start, Fraction(0), 0
    steps = sorted((passed % days, percent) for passed, percent in chain)
    for number, percent in steps:
        exact += Fraction(plan.price.amount * (number - (day - start).days), days)
        day = start + DAY * number
        cheaper = to(plan, plan.price.amount * percent // 100)
        over = rest_of(plan, cheaper, day, claims, until)
        assert over is not None
        over.give_up()
        kept += sum(each.amount for each in over.lines)
        credited += over.given_back
        assert sum(each.credited for each in claims) == credited
        assert over.given_back >= sum(each.amount for each in over.charged)
        # Nothing of it is given back for another reason.
        whole = Period(start_of_day(day, zone), until)
        assert [give_back(each, whole, zone) for each in claims] == [0] * len(claims)
        if over.charged:
            claims.append(paid(over.charged, whole.start, until))
        plan = cheaper
    exact += Fraction(plan.price.amount * (days - (day - start).days), days)
    assert kept >= 0
    assert abs(kept - exact) <= len(steps)


def test_what_somebody_else_paid_is_not_left_over() -> None:
    plan = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    claim, until = period_paid(plan)
    claim.billing_account_id = new_id()
    assert rest_of(plan, to(plan, 1550), date(2026, 3, 11), [claim], until) is None


def test_nothing_is_left_over_of_what_is_on_its_way_back() -> None:
    plan = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    claim, until = period_paid(plan)
    claim.refunding = 1
    assert rest_of(plan, to(plan, 1550), date(2026, 3, 11), [claim], until) is None


def test_each_claim_says_what_its_own_days_were_worth() -> None:
    """Also where two were paid for the same days, and days before were credited for a reason."""
    plan = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    claim, until = period_paid(plan)
    begins = start_of_day(date(2026, 3, 11), "Europe/Vienna")
    give_back(claim, Period(claim.start, claim.start + 2 * DAY), "Europe/Vienna")
    dearer = to(plan, 6200)
    extra = paid(
        plan_change.lines(plan, dearer, date(2026, 3, 11), billed_until=until, frozen=()),
        begins,
        until,
    )
    over = rest_of(dearer, to(plan, 1550), date(2026, 3, 21), [claim, extra], until)
    assert over is not None
    over.give_up()
    # Eleven days are left, of 31 and of 21; two were credited before.
    assert (claim.credited, extra.credited) == (200 + 1100, 1100)


def test_it_is_never_more_than_was_paid() -> None:
    """A first period cost nothing, as with a discount that is not in the terms any more."""
    plan = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    claim, until = period_paid(plan)
    claim.lines = ()
    assert rest_of(plan, to(plan, 1550), date(2026, 3, 11), [claim], until) is None


def march_and_april() -> tuple[Terms, Claim, Claim]:
    """A month that is paid, and the one after, which nobody has begun to pay."""
    plan = sold(date(2026, 3, 1), "Europe/Vienna", ("month", 1), 3100)
    march, until = period_paid(plan)
    period = cycle.next_period(plan, until)
    assert period is not None
    assert period.until is not None
    april = paid(cycle.lines(plan, period, frozen=(), until=None), period.start, period.until)
    april.status, april.outstanding = "open", april.amount
    return plan, march, april


def over_from_eleventh(plan: Terms, *claims: Claim) -> LeftOver | None:
    until = max(each.until for each in claims)
    return rest_of(plan, to(plan, 1550), date(2026, 3, 11), list(claims), until)


def test_what_is_void_or_is_no_period_takes_nothing_from_what_is_left_over() -> None:
    plan, march, april = march_and_april()
    _, void, fee = march_and_april()
    void.status = "void"
    fee.kind, fee.start = "fee", march.start
    over = over_from_eleventh(plan, march, april, void, fee)
    assert over is not None
    assert (over.given_back, over.billed_until) == (2100, april.start)


@pytest.mark.parametrize(
    "about",
    [{"outstanding": 2100}, {"status": "failed"}, {"cause": new_id()}, {"first": True}],
    ids=lambda about: next(iter(about)),
)
def test_what_was_begun_to_be_paid_or_is_no_later_period_is_not_asked_for_anew(
    about: dict[str, Any],
) -> None:
    plan, march, april = march_and_april()
    assert over_from_eleventh(plan, march, april) is not None
    for name, value in about.items():
        setattr(april, name, value)
    assert over_from_eleventh(plan, march, april) is None


def test_nothing_is_left_over_of_a_month_that_is_not_paid_or_where_a_later_one_is() -> None:
    plan, march, april = march_and_april()
    march.status, march.outstanding = "open", march.amount
    assert over_from_eleventh(plan, march) is None
    plan, march, april = march_and_april()
    may = paid(march.lines, april.until, april.until + 31 * DAY)
    assert over_from_eleventh(plan, march, april, may) is None


def test_days_that_were_never_in_the_price_are_not_given_up() -> None:
    plan, march, _ = march_and_april()
    march.left_out = (date(2026, 3, 20), date(2026, 3, 21))
    over = over_from_eleventh(plan, march)
    assert over is not None
    over.give_up()
    assert len(march.given_back) == 19
    assert not {*march.given_back} & {*march.left_out}


@pytest.mark.parametrize(("credited", "enough"), [(1000, True), (1001, False)])
def test_what_is_credit_already_is_not_left_over(credited: int, *, enough: bool) -> None:
    plan, march, _ = march_and_april()
    march.credited = credited
    assert (over_from_eleventh(plan, march) is not None) == enough
