"""What a sponsor's debt leads to, and when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.membership.domain.debt import StageRule
from gymhopper.contexts.membership.domain.sponsor import Sponsor
from gymhopper.contexts.membership.domain.sponsor_terms import (
    STAGES,
    SponsorDebtRules,
    SponsorTerms,
    debt_stages,
)
from gymhopper.contracts.membership.sponsors.api import Share
from gymhopper.kernel.money import Money

SINCE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = st.builds(
    SponsorDebtRules,
    **dict.fromkeys(
        STAGES,
        st.none()
        | st.builds(StageRule, after_days=st.integers(0, 60), from_amount=st.integers(0, 1000)),
    ),
)


def sponsor(debt: SponsorDebtRules) -> Sponsor:
    return Sponsor(
        id=UUID(int=1),
        organisation_id=UUID(int=2),
        name="Engines Ltd",
        plan_id=UUID(int=3),
        price_id=UUID(int=4),
        opened_at=SINCE,
        terms=SponsorTerms(shares=(Share(since=SINCE, percent=100),), billed_from=SINCE, debt=debt),
    )


@given(rules=RULES, owed=st.integers(1, 1500))
def test_stages_come_in_their_order_and_none_but_a_reminder_within_a_day(
    rules: SponsorDebtRules, owed: int
) -> None:
    found = debt_stages(rules, SINCE, owed)
    assert [each.stage for each in found] == [
        stage
        for stage in STAGES
        if (rule := getattr(rules, stage)) is not None and owed >= rule.from_amount
    ]
    grave = [each.at for each in found if each.stage != "remind"]
    assert all(at >= SINCE + DAY for at in grave)
    assert [each.at for each in found] == sorted(each.at for each in found)


@given(rules=RULES, owed=st.integers(1, 1500), waits=st.lists(st.integers(0, 80), max_size=5))
def test_each_stage_is_told_once_whenever_somebody_looks(
    rules: SponsorDebtRules, owed: int, waits: list[int]
) -> None:
    who = sponsor(rules)
    who.owe(SINCE, Money(owed, "EUR"))
    told = []
    for wait in sorted(waits):
        now = SINCE + wait * DAY
        while (event := who.reach_debt_stage(now)) is not None:
            told.append(event.stage)
        assert all(each.stage in told for each in who.debt_stages if each.at <= now)
    assert len(told) == len(set(told))


def test_a_debt_that_was_paid_is_told_of_anew_when_it_comes_again() -> None:
    who = sponsor(SponsorDebtRules(remind=StageRule(after_days=0)))
    for _ in range(2):
        who.owe(SINCE, Money(100, "EUR"))
        assert who.reach_debt_stage(SINCE) is not None
        assert who.reach_debt_stage(SINCE) is None
        who.owe(None, Money(0, "EUR"))
        assert who.debt_stage is None


@pytest.mark.parametrize(("by_hand", "closed"), [(2, 2), (40, 10), (None, 10)])
def test_doors_close_for_whichever_reason_comes_first(by_hand: int | None, closed: int) -> None:
    who = sponsor(SponsorDebtRules(no_entry=StageRule(after_days=10)))
    assert who.closed_from is None
    who.suspended_at = None if by_hand is None else SINCE + by_hand * DAY
    who.owe(SINCE, Money(100, "EUR"))
    assert who.closed_from == SINCE + closed * DAY
    who.owe(None, Money(0, "EUR"))
    assert who.closed_from == who.suspended_at
