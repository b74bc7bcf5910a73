"""A membership's whole life, as a machine that tries every step at any time."""

from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contexts.membership.domain.samples import DAY, NOW, facts, membership, overlay
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    IllegalTransition,
    OverlayOverlaps,
)
from gymhopper.contexts.membership.domain.label import Label, label
from gymhopper.contexts.membership.domain.overlay import OverlayKind
from gymhopper.contracts.membership.events import MembershipEnded, MembershipEvent
from gymhopper.kernel.period import Period

few_days = st.integers(min_value=0, max_value=40).map(lambda days: days * DAY)


class Life(RuleBasedStateMachine):
    """Billing's reports, the parties' decisions, and time, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.it = membership()
        self.now = NOW
        self.claims: dict[int, datetime] = {}
        self.ended_at: datetime | None = None
        self.told: list[MembershipEvent] = []

    def _note(self, event: MembershipEvent | None) -> None:
        if event is not None:
            assert event.membership == self.it.state(self.now)
            self.told.append(event)

    @rule(by=few_days)
    def time_passes(self, by: timedelta) -> None:
        self.now += by

    @rule(after=few_days)
    def a_period_is_paid(self, after: timedelta) -> None:
        start = self.now + after
        self._note(self.it.receive_payment(Period(start, start + 28 * DAY), self.now))

    @rule(claim=st.integers(min_value=0, max_value=3))
    def a_claim_fails(self, claim: int) -> None:
        self.claims.setdefault(claim, self.now)
        self._report_debt()

    @rule(claim=st.integers(min_value=0, max_value=3))
    def a_claim_is_paid(self, claim: int) -> None:
        self.claims.pop(claim, None)
        self._report_debt()

    def _report_debt(self) -> None:
        self._note(self.it.owe(min(self.claims.values(), default=None), self.now))

    @rule(after=few_days | st.none())
    def collection_will_stop(self, after: timedelta | None) -> None:
        ends_at = None if after is None else self.now + after
        self._note(self.it.follow_collection(ends_at, ended=False, at=self.now, now=self.now))

    @rule()
    def collection_stops(self) -> None:
        self._note(self.it.follow_collection(None, ended=True, at=self.now, now=self.now))

    @rule()
    def a_refund_takes_access_back(self) -> None:
        self._note(self.it.terminate(self.now, self.now))

    @rule(after=few_days)
    def it_is_cancelled(self, after: timedelta) -> None:
        known, at = facts(self.it), self.now + after
        legal = not self.it.is_over(self.now) and (self.it.contract != "pending" or not after)
        if legal:
            self._note(self.it.cancel(at, self.now, "moved away"))
            assert self.it.cancelled_at == at.replace(microsecond=0)
        else:
            with pytest.raises(IllegalTransition):
                self.it.cancel(at, self.now, "moved away")
            assert facts(self.it) == known

    @rule()
    def the_cancellation_is_revoked(self) -> None:
        known = facts(self.it)
        if self.it.contract == "under_notice" and not self.it.is_over(self.now):
            self._note(self.it.revoke_cancellation(self.now))
            assert (self.it.contract, self.it.end) == ("active", None)
        else:
            with pytest.raises(IllegalTransition):
                self.it.revoke_cancellation(self.now)
            assert facts(self.it) == known

    @rule(
        kind=st.sampled_from(["freeze", "block"]),
        after=few_days,
        length=st.none() | few_days.filter(bool),
    )
    def it_is_stopped_for_a_time(
        self, kind: OverlayKind, after: timedelta, length: timedelta | None
    ) -> None:
        start = self.now + after
        stop = overlay(kind, start, None if length is None else start + length)
        same_kind = [each for each in self.it.overlays if each.kind == kind]
        known = facts(self.it)
        try:
            self._note(self.it.lay_over(stop, self.now))
        except IllegalTransition:
            assert self.it.contract == "pending" or self.it.is_over(self.now)
        except DateOutOfRange:
            assert self.it.end is not None
            assert start >= self.it.end
        except OverlayOverlaps:
            assert any(each.period.overlaps(stop.period) for each in same_kind)
        else:
            assert not any(each.period.overlaps(stop.period) for each in same_kind)
            return
        assert facts(self.it) == known

    @precondition(lambda self: self.it.overlays)
    @rule(data=st.data())
    def a_stop_is_lifted(self, data: st.DataObject) -> None:
        stop = data.draw(st.sampled_from(list(self.it.overlays)))
        known, over = facts(self.it), stop.is_over(self.now) or self.it.is_over(self.now)
        if over:
            with pytest.raises(IllegalTransition):
                self.it.lift(stop.id, stop.kind, self.now)
            assert facts(self.it) == known
            return
        self._note(self.it.lift(stop.id, stop.kind, self.now))
        assert not any(self.now in each.period for each in self.it.overlays if each.id == stop.id)

    @rule()
    def the_timer_rings(self) -> None:
        self._note(self.it.reach_end(self.now))
        assert self.it.contract == "ended" or not self.it.is_over(self.now)

    @invariant()
    def what_ended_stays_ended(self) -> None:
        if self.ended_at is not None:
            assert self.it.contract == "ended"
            assert self.it.end is not None
        if self.it.contract == "ended":
            self.ended_at = self.it.end
            # Nothing admits after the end, whoever set it: it is never ahead, but where the
            # contract ends before its first day.
            assert self.it.end is not None
            assert self.it.end <= self.now or self.it.end == self.it.start

    @invariant()
    def it_does_not_end_before_it_starts(self) -> None:
        if self.it.start is not None and self.it.end is not None:
            assert self.it.start <= self.it.end

    @invariant()
    def the_debt_clock_is_that_of_the_oldest_open_claim(self) -> None:
        assert self.it.overdue_since == min(self.claims.values(), default=None)
        if self.it.overdue_since is not None and self.it.paid_from is not None:
            assert self.it.no_entry_from == self.it.overdue_since + 7 * DAY

    @invariant()
    def stops_of_a_kind_do_not_overlap(self) -> None:
        for kind in ("freeze", "block"):
            periods = [each.period for each in self.it.overlays if each.kind == kind]
            for index, one in enumerate(periods):
                assert not any(one.overlaps(other) for other in periods[index + 1 :])

    @invariant()
    def there_is_a_word_for_every_state(self) -> None:
        word = label(self.it, self.now)
        assert word in get_args(Label)
        over = self.it.is_over(self.now)
        assert (word in {"cancelled", "expired"}) == over

    @invariant()
    def nothing_runs_that_was_not_paid(self) -> None:
        if self.it.contract in {"active", "under_notice"}:
            assert self.it.paid_from is not None

    @invariant()
    def the_end_is_told_as_soon_as_it_is_known(self) -> None:
        ended = [each for each in self.told if isinstance(each, MembershipEnded)]
        assert bool(ended) == (self.it.contract == "ended")
        if self.told:
            assert self.told[-1].membership.contract == self.it.contract
            assert self.told[-1].membership.end == self.it.end
            assert self.told[-1].membership.no_entry_from == self.it.no_entry_from


class TestLife(Life.TestCase):
    settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
