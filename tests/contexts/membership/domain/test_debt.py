"""When each stage of a debt begins."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.membership.domain.samples import DAY, NOW, membership
from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.debt import STAGES, DebtRules, StageRule, stages
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contracts.membership.events import MembershipDebtStageReached
from gymhopper.kernel.period import Period

FULL = DebtRules(
    remind=StageRule(after_days=0),
    no_booking=StageRule(after_days=3),
    terminate=StageRule(after_days=60, from_amount=5000),
)


def days(rules: DebtRules, grace: int, owed: int | None, *, first: bool = False) -> dict[str, int]:
    found = stages(rules, grace, NOW, owed, first_payment=first)
    return {each.stage: (each.at - NOW).days for each in found}


@pytest.mark.parametrize(
    ("rules", "grace", "owed", "expected"),
    [
        (DebtRules(), 7, 4900, {"no_entry": 7}),
        (FULL, 7, 9800, {"remind": 0, "no_booking": 3, "no_entry": 7, "terminate": 60}),
        (FULL, 7, 4999, {"remind": 0, "no_booking": 3, "no_entry": 7}),
        (FULL, 7, None, {"remind": 0, "no_booking": 3, "no_entry": 7, "terminate": 60}),
        # Who may not come in may not book, and has not lost the contract before.
        (FULL, 2, 9800, {"remind": 0, "no_booking": 2, "no_entry": 2, "terminate": 60}),
        (FULL, 90, 9800, {"remind": 0, "no_booking": 3, "no_entry": 90, "terminate": 90}),
        (DebtRules(no_entry_from_amount=1000), 7, 999, {}),
        (DebtRules(no_booking=StageRule(after_days=0)), 7, 1, {"no_booking": 1, "no_entry": 7}),
    ],
)
def test_stages_begin_by_age_and_amount(
    rules: DebtRules, grace: int, owed: int | None, expected: dict[str, int]
) -> None:
    assert days(rules, grace, owed) == expected


def test_a_first_payment_gets_no_grace() -> None:
    first = days(FULL, 7, 9800, first=True)
    assert first == {"remind": 0, "no_booking": 0, "no_entry": 0, "terminate": 60}


def owing(**debt: object) -> Membership:
    it = membership(conditions=Conditions(debt=DebtRules(**debt)))
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    return it


def told(it: Membership, at: object) -> list[str]:
    found = []
    while (event := it.reach_debt_stage(at)) is not None:
        assert isinstance(event, MembershipDebtStageReached)
        found.append(event.stage)
    return found


def test_a_stage_is_told_of_once_and_again_for_another_debt() -> None:
    it = owing(remind=StageRule(after_days=1), no_booking=StageRule(after_days=3))
    it.owe(NOW, NOW, owed=4900)
    assert told(it, NOW) == []
    assert told(it, NOW + DAY) == ["remind"]
    assert told(it, NOW + 7 * DAY) == ["no_booking", "no_entry"]
    assert told(it, NOW + 8 * DAY) == []
    # The oldest claim is paid, another is open: what is reached again is told of again.
    it.owe(NOW + 6 * DAY, NOW + 8 * DAY, owed=4900)
    assert told(it, NOW + 8 * DAY) == []
    assert told(it, NOW + 9 * DAY) == ["no_booking"]
    it.owe(None, NOW + 10 * DAY)
    it.owe(NOW + 10 * DAY, NOW + 10 * DAY, owed=4900)
    assert told(it, NOW + 11 * DAY) == ["remind"]


def test_a_smaller_debt_opens_what_only_a_larger_one_closes() -> None:
    it = owing(no_entry_from_amount=4000)
    it.owe(NOW, NOW, owed=4900)
    assert it.no_entry_from == NOW + 7 * DAY
    it.owe(NOW, NOW + 8 * DAY, owed=900)
    assert it.no_entry_from is None
    assert it.overdue_since == NOW


amounts = st.none() | st.integers(0, 10_000)
rules = st.none() | st.builds(
    StageRule, after_days=st.integers(0, 90), from_amount=st.integers(0, 9000)
)


@settings(deadline=None)
@given(
    st.builds(DebtRules, remind=rules, no_booking=rules, terminate=rules),
    st.integers(0, 90),
    amounts,
)
def test_stages_come_in_order_and_lock_nobody_out_within_a_day(
    agreed: DebtRules, grace: int, owed: int | None
) -> None:
    found = stages(agreed, grace, NOW, owed, first_payment=False)
    later = [each for each in found if each.stage != "remind"]
    assert [each.at for each in later] == sorted(each.at for each in later)
    assert all(each.at >= NOW + timedelta(hours=24) for each in later)
    order = [STAGES.index(each.stage) for each in found]
    assert order == sorted(set(order))
