"""Reports about different things may cross: whatever their order, the state is the same."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.membership.domain.samples import DAY, NOW, facts, membership
from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.debt import DebtRules, StageRule
from gymhopper.contexts.membership.domain.label import Label, label
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contracts.membership.events import MembershipEnded
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term

Report = Callable[[Membership], object]

# Few instants, so that things often happen at once; some lie before the first day's midnight.
moments = st.integers(min_value=-4, max_value=4).map(lambda each: NOW + each * timedelta(hours=4))
past = st.integers(min_value=-4, max_value=0).map(lambda each: NOW + each * timedelta(hours=4))


@st.composite
def payments(draw: st.DrawFn) -> list[list[Report]]:
    """Each is reported by a claim of its own: they are a stream each."""
    starts = draw(st.lists(moments, max_size=3))

    def paid(start: datetime) -> Report:
        return lambda it: it.receive_payment(Period(start, start + 28 * DAY), NOW)

    return [[paid(start)] for start in starts]


@st.composite
def collection(draw: st.DrawFn) -> list[Report]:
    """What a subscription reports, in its own order: ends announced and withdrawn, then its end."""

    def announced(ends_at: datetime | None) -> Report:
        return lambda it: it.follow_collection(ends_at, ended=False, at=NOW, now=NOW)

    def ended(ends_at: datetime | None, at: datetime) -> Report:
        return lambda it: it.follow_collection(ends_at, ended=True, at=at, now=NOW)

    reports = [announced(each) for each in draw(st.lists(st.none() | moments, max_size=3))]
    if draw(st.booleans()):
        reports.append(ended(draw(st.none() | moments), draw(past)))
    return reports


@st.composite
def debts(draw: st.DrawFn) -> list[Report]:
    def owed(since: datetime | None, amount: int) -> Report:
        return lambda it: it.owe(since, NOW, owed=amount)

    amounts = st.integers(0, 3)
    told = draw(st.lists(st.tuples(st.none() | moments, amounts), max_size=3))
    return [owed(*each) for each in told]


@st.composite
def refunds(draw: st.DrawFn) -> list[list[Report]]:
    """Each is reported by a claim of its own too."""

    def taken_back(at: datetime) -> Report:
        return lambda it: it.terminate(at, NOW)

    return [[taken_back(each)] for each in draw(st.lists(past, max_size=2))]


@st.composite
def streams(draw: st.DrawFn) -> list[list[Report]]:
    return [*draw(payments()), draw(collection()), draw(debts()), *draw(refunds())]


@st.composite
def agreed(draw: st.DrawFn) -> Conditions:
    """What bounds a contract: some run out on the very day, some lose it for a debt."""
    rule = st.none() | st.builds(
        StageRule, after_days=st.integers(0, 3), from_amount=st.integers(0, 3)
    )
    ends = draw(st.booleans())
    return Conditions(
        initial_term=Term("day", 1) if ends else None,
        after_initial_term="end" if ends else "rolling",
        debt=DebtRules(no_booking=draw(rule), terminate=draw(rule), no_entry_from_amount=2),
    )


def interleave(draw: st.DrawFn, of: Sequence[Sequence[Report]]) -> list[Report]:
    """Some order that keeps each stream's own; what was told may be told again at once."""
    waiting = [list(each) for each in of if each]
    order: list[Report] = []
    while waiting:
        stream = draw(st.sampled_from(waiting))
        order.append(stream.pop(0))
        if draw(st.booleans()):
            order.append(order[-1])
        waiting = [each for each in waiting if each]
    return order


@settings(deadline=None)
@given(st.data(), streams(), agreed())
def test_any_order_of_reports_leads_to_the_same_facts(
    data: st.DataObject, of: list[list[Report]], bound_by: Conditions
) -> None:
    ends = []
    for _ in range(2):
        it = membership(conditions=bound_by)
        for report in interleave(data.draw, of):
            report(it)
        ends.append((facts(it), it.state(NOW)))
    assert ends[0] == ends[1]


@settings(deadline=None)
@given(st.data(), streams(), agreed())
def test_what_has_ended_never_lives_again_and_never_ends_later(
    data: st.DataObject, of: list[list[Report]], bound_by: Conditions
) -> None:
    it = membership(conditions=bound_by)
    ended_at: datetime | None = None
    for report in interleave(data.draw, of):
        before = it.contract
        told = report(it)
        if ended_at is not None:
            assert it.contract == "ended"
            assert it.closed_at is not None
            assert it.closed_at <= ended_at
        if it.contract == "ended":
            ended_at = it.closed_at
        if it.contract == "ended" and before != "ended":
            assert isinstance(told, MembershipEnded)
        assert it.start is None or it.end is None or it.start <= it.end
        assert label(it, NOW) in get_args(Label)


@settings(deadline=None)
@given(st.data(), streams())
def test_a_report_that_is_repeated_tells_nothing(
    data: st.DataObject, of: list[list[Report]]
) -> None:
    it = membership()
    for report in interleave(data.draw, of):
        report(it)
        known = facts(it)
        assert report(it) is None
        assert facts(it) == known


def test_an_end_is_not_taken_back_by_a_provider_whose_clock_is_ahead() -> None:
    it = membership()
    it.receive_payment(Period(NOW, NOW + 28 * DAY), NOW)
    ahead = NOW + timedelta(seconds=2)
    it.follow_collection(None, ended=True, at=ahead, now=NOW)
    it.follow_collection(None, ended=False, at=ahead, now=NOW)
    assert (it.contract, it.end, it.end_reason) == ("ended", ahead, "expired")
