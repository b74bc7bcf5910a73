"""A membership on its three axes: contract, debt, and overlays.

The aggregate keeps *facts* as absolute values (what was paid, when each party ends it, since when
something is owed) and derives the contract's state from them. Facts that come from different
sources commute, so the state is the same in whatever order they become known. Only one thing is
remembered beyond the facts: a contract that has ended stays ended, and its end never moves later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.membership.domain.debt import STAGES, furthest
from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    IllegalTransition,
    OverlayOverlaps,
)
from gymhopper.contexts.membership.domain.facts import Facts
from gymhopper.contexts.membership.domain.freezing import Frozen, allowed_end, fee_begins
from gymhopper.contexts.membership.domain.overlay import Overlay, OverlayKind
from gymhopper.contexts.membership.domain.withdrawal import Share
from gymhopper.contracts.membership import events
from gymhopper.contracts.membership.events import (
    MembershipEvent,
    MembershipState,
)
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.period import Period

_RUNS = ("active", "under_notice")


@dataclass(eq=False, kw_only=True)
class Membership(Facts):
    """A bought instance of a plan, with the terms as they were sold.

    Each transition is a method that returns the event that says so, or None when nothing became
    different; one that the present state does not allow raises IllegalTransition and changes
    nothing.
    """

    def purchased(self, now: datetime) -> MembershipEvent:
        """Say that a person agreed to this; it is the first event of every membership."""
        self._derive(now)
        return events.MembershipPurchased(
            membership=self.state(now),
            price=self.price,
            starts_on=self.starts_on,
            discount=self.discount,
        )

    # --- what billing reports: absolute values, welcome in every state ---

    def receive_payment(self, paid: Period, now: datetime) -> MembershipEvent | None:
        """A period was paid for; `paid` has an end.

        The first payment makes the contract run, from the first paid instant but not before the
        day on which it was to start.
        """

        def change() -> None:
            self.paid_from = min(self.paid_from or paid.start, paid.start)
            if paid.until is not None and self.is_later(paid.start, paid.until):
                self.paid_until, self.paid_since = paid.until, paid.start

        def tell(before: MembershipState) -> type[MembershipEvent]:
            began = before.contract in ("pending", "trialing") and self.contract in _RUNS
            return events.MembershipActivated if began else events.MembershipRenewed

        return self._follow(now, change, tell)

    def owe(
        self, overdue_since: datetime | None, now: datetime, *, owed: int | None = None
    ) -> MembershipEvent | None:
        """Since when something that failed is owed, and how much; None when nothing is any more."""

        def change() -> None:
            self.overdue_since = overdue_since
            self.owed = None if overdue_since is None else owed
            # A stage that is not reached any more is told of again when it is.
            told = STAGES.index(self.debt_stage) if self.debt_stage is not None else -1
            reached = [each.stage for each in self.debt_stages if each.at <= now]
            self.debt_stage = furthest(x for x in reached if STAGES.index(x) <= told)

        def tell(_: MembershipState) -> type[MembershipEvent]:
            owing = overdue_since is not None
            return events.MembershipFellOverdue if owing else events.MembershipDebtCleared

        return self._follow(now, change, tell)

    def locked_out(self, now: datetime) -> Period | None:
        """Since when a debt has kept the door closed, if that is to be given back; else None."""
        closed = self.no_entry_from
        if not self.conditions.debt.credits_lockout or closed is None or self.start is None:
            return None
        closed = max(closed, self.start)
        return Period(closed, now) if closed < now and not self.is_over(now) else None

    def give_back(
        self, time: Period, cause: Literal["freeze", "lockout"], now: datetime
    ) -> MembershipEvent | None:
        """Say that time which could not be used is owed to the member; None for less than a day."""
        until = time.until or now
        days = (local_date(until, self.zone) - local_date(time.start, self.zone)).days
        if days < 1:
            return None
        return events.MembershipTimeGivenBack(
            membership=self.state(now), start=time.start, until=until, days=days, cause=cause
        )

    def reach_debt_stage(self, now: datetime) -> MembershipEvent | None:
        """The next stage of the debt that has come and was not told of; None when there is none.

        The gravest ends the contract, which is told of by itself.
        """
        told = STAGES.index(self.debt_stage) if self.debt_stage is not None else -1
        due = (x for x in self.debt_stages if x.at <= now and STAGES.index(x.stage) > told)
        stage = next(due, None)
        if stage is None or self.overdue_since is None or self.is_over(now):
            return None
        self.debt_stage = stage.stage
        return events.MembershipDebtStageReached(
            membership=self.state(now), stage=stage.stage, since=self.overdue_since
        )

    def next_debt_stage(self, now: datetime) -> datetime | None:
        """When there will be something to tell of the debt; None for never."""
        if self.is_over(now):
            return None
        told = STAGES.index(self.debt_stage) if self.debt_stage is not None else -1
        return next((x.at for x in self.debt_stages if STAGES.index(x.stage) > told), None)

    def follow_collection(
        self, ends_at: datetime | None, *, ended: bool, at: datetime, now: datetime
    ) -> MembershipEvent | None:
        """When collection stops, or that it has; `at` is when the provider's change was recorded.

        It ends the contract, as cancelled when somebody had announced the end, else as expired.
        What the parties cancelled themselves is not undone by it: where collection would go on
        beyond that end, the end is told once more, so that collection follows.
        """

        def change() -> None:
            if ended:
                self.collection_announced |= self.cancelled_at is not None
                # It may have stopped before the announced end, and been recorded after its own.
                known = (ends_at, self.collection_ends_at, at)
                self.collection_ends_at = min(each for each in known if each is not None)
            else:
                self.collection_announced = ends_at is not None
                self.collection_ends_at = ends_at
            self.collection_ended = ended

        def tell(_: MembershipState) -> type[MembershipEvent]:
            if self.contract == "ended":
                return events.MembershipEnded
            if self.end is not None:
                return events.MembershipCancellationScheduled
            return events.MembershipCancellationRevoked

        event = self._follow(now, change, tell)
        if isinstance(
            event, events.MembershipCancellationScheduled | events.MembershipCancellationRevoked
        ):
            return type(event)(membership=event.membership, origin="collection")
        if event is None and self._is_collected_beyond_its_end(ends_at, ended=ended):
            return events.MembershipCancellationScheduled(membership=self.state(now))
        return event

    def _is_collected_beyond_its_end(self, ends_at: datetime | None, *, ended: bool) -> bool:
        if ended or self.contract != "under_notice" or self.end is None:
            return False
        if self.end_reason == "transferred":
            # What is paid for by then goes over, too.
            return False
        return ends_at is None or ends_at > self.end

    def terminate(self, at: datetime, now: datetime) -> MembershipEvent | None:
        """End it for cause, such as a refund that takes the access back."""

        def change() -> None:
            self.terminated_at = min(self.terminated_at or at, at)

        return self._follow(now, change, lambda _: events.MembershipEnded)

    def move_window(self, first: date, beyond: date, now: datetime) -> MembershipEvent | None:
        """The sponsor's window is the local days `[first, beyond)`; what has begun stays begun."""

        def change() -> None:
            if self.start is None or self.start > now:
                self.starts_on = first
            self.runs_until = max(now, start_of_day(beyond, self.zone))

        return self._follow(now, change, lambda _: events.MembershipSponsorshipChanged)

    def suspend_sponsor(self, since: datetime | None, now: datetime) -> MembershipEvent | None:
        """Since when the sponsor's people are not let in; None: they are."""

        def change() -> None:
            self.sponsor_suspended_at = since

        return self._follow(now, change, lambda _: events.MembershipSponsorshipChanged)

    # --- what its parties decide: refused where the state does not allow it ---

    def cancel(self, at: datetime, now: datetime, reason: str) -> MembershipEvent | None:
        """Have the contract end at `at`; not after now means at once.

        Whole seconds, as payment providers keep them.
        """
        at = max(at, now).replace(microsecond=0)
        if self.is_over(now):
            raise IllegalTransition("This membership has ended.")
        self._keep_what_is_handed_over()
        if self.contract == "pending" and at > now:
            raise IllegalTransition("This membership has not begun; it can only be cancelled now.")

        def change() -> None:
            # Collection follows the contract: what it had announced is superseded.
            self._forget_announced_end()
            self.cancelled_at = at
            self.cancellation_reason = reason

        return self._follow(now, change, lambda _: events.MembershipCancellationScheduled)

    def revoke_cancellation(self, now: datetime) -> MembershipEvent | None:
        """Let the contract go on, whoever had it end."""
        if self.contract != "under_notice" or self.is_over(now):
            raise IllegalTransition("This membership is not under notice.")
        self._keep_what_is_handed_over()

        def change() -> None:
            self._forget_announced_end()
            self.cancelled_at = None
            self.cancellation_reason = None

        return self._follow(now, change, lambda _: events.MembershipCancellationRevoked)

    def withdraw(self, now: datetime, share: Share) -> list[MembershipEvent]:
        """End it as withdrawn; `share` of what was paid goes back."""
        if self.is_over(now):
            raise IllegalTransition("This membership has ended.")
        self._keep_what_is_handed_over()

        def change() -> None:
            self.withdrawn_at = now.replace(microsecond=0)

        ended = self._follow(now, change, lambda _: events.MembershipEnded)
        told = events.MembershipWithdrawn(
            membership=self.state(now), given_back_days=share.days, of_days=share.of_days
        )
        return [told] if ended is None else [ended, told]

    def _keep_what_is_handed_over(self) -> None:
        if self.transferred_at is not None or self.awaits_transfer:
            raise IllegalTransition("This membership is being handed over. Call that off first.")

    def _forget_announced_end(self) -> None:
        self.collection_ends_at = None
        self.collection_announced = False

    def period_end(self, now: datetime) -> datetime:
        """The end of the period that runs now: what was paid for, else the calendar's."""
        if self.covered_until is not None and self.covered_until > now:
            return self.covered_until
        return self.term.period_end_after(self.first_charged_day, self.zone, now)

    def have_credits(
        self, granted: int, last_until: datetime | None, now: datetime
    ) -> MembershipEvent | None:
        """For how many visits there were or are credits, and where the last of them run out."""

        def change() -> None:
            self.credits, self.runs_until = granted, last_until

        return self._follow(now, change, lambda _: events.MembershipCreditsChanged)

    def reach_trial_end(self, now: datetime) -> MembershipEvent | None:
        """The trial is over, if it is."""
        return self._follow(now, lambda: None, lambda _: events.MembershipActivated)

    def reach_end(self, now: datetime) -> MembershipEvent | None:
        """The end has come, if it has."""
        return self._follow(now, lambda: None, lambda _: events.MembershipEnded)

    def lay_over(
        self, overlay: Overlay, now: datetime, *, backdated: bool = False, exempt: bool = False
    ) -> MembershipEvent:
        """Freeze or block it for a time that is still to come, or `backdated`.

        A freeze without an end ends where the plan's days are used up, and bears its fee; one that
        is `exempt` is held to none of the plan's limits.
        """
        if self.contract == "pending" or self.start is None or self.is_over(now):
            raise IllegalTransition(f"A {self.contract} membership cannot be stopped for a time.")
        if overlay.start < (self.start if backdated else now):
            raise DateOutOfRange("This lies in the past.", field="start")
        if overlay.extends_term and self.contract == "under_notice":
            raise IllegalTransition("The end of this membership was set: its term cannot move.")
        if self.end is not None and overlay.start >= self.end:
            raise DateOutOfRange("The membership has ended by then.", field="start")
        if overlay.kind == "freeze":
            self._hold_to_rules(overlay, exempt=exempt)
        for other in self.overlays:
            if other.kind == overlay.kind and other.period.overlaps(overlay.period):
                raise OverlayOverlaps(f"Another {other.kind} covers part of this time.")
        self.overlays.append(overlay)
        return self.reach_overlay(overlay.id, now)

    def lift(self, overlay_id: UUID, kind: OverlayKind, now: datetime) -> MembershipEvent:
        """End a freeze or block now; one that has not begun never was."""
        found = [each for each in self.overlays if each.id == overlay_id and each.kind == kind]
        if not found:
            raise NotFound(f"There is no {kind} with this id.")
        overlay = found[0]
        if self.is_over(now) or overlay.is_over(now):
            raise IllegalTransition(f"This {kind} is over.")
        if now <= overlay.start:
            self.overlays.remove(overlay)
        else:
            overlay.until = now
        return self.reach_overlay(overlay_id, now)

    def reach_overlay(self, overlay_id: UUID, now: datetime) -> MembershipEvent:
        """Say that a freeze or block is different now: set, begun, ended or lifted."""
        self._derive(now)
        return events.MembershipOverlayChanged(membership=self.state(now), overlay_id=overlay_id)

    def move_home(self, location_id: UUID, start: datetime, now: datetime) -> MembershipEvent:
        """Have another home from `start` on; what was planned before is not to be any more."""
        if self.is_over(now):
            raise IllegalTransition("This membership has ended.")
        if start < now:
            raise DateOutOfRange("This lies in the past.", field="start")
        begun = tuple(each for each in self.homes if each.start <= now)
        moves = not begun or begun[-1].location_id != location_id
        if not moves and begun == self.homes:
            raise IllegalTransition("This is the home already.")
        self.homes = (*begun, events.Home(location_id=location_id, start=start)) if moves else begun
        self._derive(now)
        return events.MembershipHomeMoved(membership=self.state(now))

    def charge_freeze(self, overlay_id: UUID, now: datetime) -> MembershipEvent | None:
        """Say that a freeze costs something now; None when it does not."""
        fee = self.freeze_rules.fee
        at = self.next_freeze_fee(overlay_id)
        if fee is None or at is None or at > now or self.is_over(now):
            return None
        overlay = next(each for each in self.overlays if each.id == overlay_id)
        overlay.fees_told += 1
        return events.MembershipFreezeFeeDue(
            membership=self.state(now), overlay_id=overlay_id, number=overlay.fees_told, fee=fee
        )

    def next_freeze_fee(self, overlay_id: UUID) -> datetime | None:
        """When this freeze will cost something; None for never, or when it was taken back."""
        found = next((each for each in self.overlays if each.id == overlay_id), None)
        return None if found is None else found.next_fee(self.freeze_rules.fee_every, self.zone)

    def _hold_to_rules(self, freeze: Overlay, *, exempt: bool) -> None:
        """Hold a freeze to the plan's rules, and see from when on it costs something."""
        others = [each.frozen(self.zone) for each in self.overlays if each.kind == "freeze"]
        asked = freeze.frozen(self.zone)
        beyond = asked.beyond
        if not exempt:
            beyond = allowed_end(self.freeze_rules, asked, others)
        if beyond is not None and freeze.until is None:
            freeze.until = start_of_day(beyond, self.zone)
        costs = fee_begins(self.freeze_rules, Frozen(asked.first, beyond), others)
        if costs is not None:
            freeze.fee_from = max(freeze.start, start_of_day(costs, self.zone))

    # --- how facts become state ---

    def _follow(
        self,
        now: datetime,
        change: Callable[[], None],
        tell: Callable[[MembershipState], type[MembershipEvent]],
    ) -> MembershipEvent | None:
        """Change facts, derive the state, and tell of it when it became different.

        An end that came meanwhile is told of first of all.
        """
        before = self.state(now)
        self._derive(now)
        change()
        self._derive(now)
        after = self.state(now)
        if after == before:
            return None
        if after.contract == "ended" and before.contract != "ended":
            return events.MembershipEnded(membership=after)
        return tell(before)(membership=after)
