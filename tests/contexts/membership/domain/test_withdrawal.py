"""Until when somebody may withdraw, and what goes back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.membership.domain.samples import DAY, NOW, membership
from gymhopper.contexts.membership.domain.errors import NothingToWithdraw, WithdrawalOver
from gymhopper.contexts.membership.domain.withdrawal import (
    ALL,
    Share,
    check_right,
    given_back,
    last_day,
)
from gymhopper.contracts.membership.events import MembershipEnded, MembershipWithdrawn
from gymhopper.kernel.period import Period

VIENNA = "Europe/Vienna"


def test_the_day_of_the_conclusion_is_not_counted() -> None:
    # Half past midnight in Vienna, the evening before in UTC; a change of clocks lies between.
    concluded = datetime(2026, 3, 19, 23, 30, tzinfo=UTC)
    assert last_day(concluded, VIENNA, 14) == date(2026, 4, 3)
    just = datetime(2026, 4, 3, 21, 59, 59, tzinfo=UTC)
    check_right(concluded, just, VIENNA, 14, "online")
    with pytest.raises(WithdrawalOver) as refused:
        check_right(concluded, just + timedelta(seconds=1), VIENNA, 14, "online")
    assert "2026-04-03" in refused.value.detail


def test_what_was_concluded_at_the_desk_is_cancelled_and_not_withdrawn() -> None:
    with pytest.raises(NothingToWithdraw):
        check_right(NOW, NOW, VIENNA, 14, "desk")


def test_without_the_wish_for_an_early_start_everything_goes_back() -> None:
    assert given_back(NOW, NOW + 31 * DAY, NOW + 9 * DAY, VIENNA, early_start=False) == ALL


def test_after_an_early_start_the_days_that_were_used_are_kept() -> None:
    month = (NOW, NOW + 30 * DAY)
    assert given_back(*month, NOW, VIENNA, early_start=True) == Share(days=29, of_days=30)
    assert given_back(*month, NOW + 9 * DAY, VIENNA, early_start=True) == Share(days=20, of_days=30)
    assert given_back(*month, NOW - DAY, VIENNA, early_start=True) == ALL
    assert given_back(NOW, None, NOW, VIENNA, early_start=True) == ALL


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(-5, 800), st.booleans())
def test_what_goes_back_is_a_part_of_what_was_paid(paid: int, passed: int, early: bool) -> None:
    share = given_back(NOW, NOW + paid * DAY, NOW + passed * DAY, VIENNA, early_start=early)
    assert 0 <= share.days <= share.of_days
    assert share.of_days >= 1


def test_a_withdrawal_outweighs_a_notice_and_is_told_of_beside_the_end() -> None:
    it = membership()
    it.receive_payment(Period(NOW, NOW + 31 * DAY), NOW)
    it.cancel(NOW + 31 * DAY, NOW, "")
    ended, withdrawn = it.withdraw(NOW + DAY, Share(days=29, of_days=31))
    assert isinstance(ended, MembershipEnded)
    assert isinstance(withdrawn, MembershipWithdrawn)
    assert (it.contract, it.end_reason, it.end) == ("ended", "withdrawn", NOW + DAY)
