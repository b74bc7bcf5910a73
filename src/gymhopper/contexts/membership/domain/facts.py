"""What is remembered of a membership, and the state that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import structs

from gymhopper.contexts.membership.domain.conditions import Extension
from gymhopper.contexts.membership.domain.debt import MINIMUM_GRACE_DAYS, stages
from gymhopper.contexts.membership.domain.ending import Ending, earliest
from gymhopper.contexts.membership.domain.next_terms import NextTerms
from gymhopper.contexts.membership.domain.overlay import Overlay
from gymhopper.contexts.membership.domain.sold import Sold
from gymhopper.contracts.membership.api import PayerKind
from gymhopper.contracts.membership.events import (
    ContractStatus,
    Cycle,
    DebtStage,
    DebtStageName,
    EndReason,
    Home,
    MembershipState,
)
from gymhopper.kernel.calendar import local_date, start_of_day


@dataclass(eq=False, kw_only=True)
class Facts(Sold):
    """Absolute values, each from one source, so that they may become known in any order.

    `contract`, `start`, `end` and `end_reason` are derived and kept for queries. `paid_from` is
    where the first paid period begins, `paid_since` and `paid_until` are the latest one;
    `cancelled_at` is the end that the parties set, `collection_ends_at` the one that the payment
    provider reported (`announced` if it did so beforehand, `collection_ended` once collection has
    stopped), `terminated_at` when it was ended for cause, `withdrawn_at` when somebody withdrew;
    `closed_at` and `closed_reason` the end that an ended contract had. `runs_until` is where a
    pass, credits or a mere trial are over. `owed` is in minor units of the contract's currency,
    `debt_stage` the furthest stage of the debt that was told of.
    `payer_id` is the member, the household or the sponsor that pays; None: the member.
    `sponsor_suspended_at` is since when a sponsor lets nobody in.
    `transferred_at` is from when on somebody else has it, as the membership `transferred_to`;
    `transferred_from` is the membership that this one goes on with.
    `credits` is for how many visits a pack was or is good, of which `credit_visits` are known;
    `credit_overdrawn` of these wait for the next lot. `homes` are in the order of their dates.
    """

    runs_until: datetime | None = None
    credits: int | None = None
    credit_visits: int = 0
    credit_overdrawn: int = 0
    contract: ContractStatus = "pending"
    start: datetime | None = None
    end: datetime | None = None
    end_reason: EndReason | None = None
    paid_from: datetime | None = None
    paid_since: datetime | None = None
    paid_until: datetime | None = None
    cancelled_at: datetime | None = None
    cancellation_reason: str | None = None
    collection_ends_at: datetime | None = None
    collection_announced: bool = False
    collection_ended: bool = False
    terminated_at: datetime | None = None
    withdrawn_at: datetime | None = None
    closed_at: datetime | None = None
    closed_reason: EndReason | None = None
    overdue_since: datetime | None = None
    owed: int | None = None
    debt_stage: DebtStageName | None = None
    payer_kind: PayerKind = "person"
    payer_id: UUID | None = None
    sponsor_suspended_at: datetime | None = None
    transferred_at: datetime | None = None
    transferred_to: UUID | None = None
    transfer_reason: str | None = None
    transferred_from: UUID | None = None
    overlays: list[Overlay] = field(default_factory=list)
    homes: tuple[Home, ...] = ()
    version: int = 0

    @property
    def covered_until(self) -> datetime | None:
        """The end of what was paid for, or of what did not have to be paid for."""
        known = [self.paid_until, self.trial_until]
        if self.sponsor_id is not None:
            # Nobody pays before it begins: it lasts as long as the sponsor said.
            known.append(self.runs_until)
        return max((each for each in known if each is not None), default=None)

    @property
    def sponsor_id(self) -> UUID | None:
        """Who pays, if that is a sponsor."""
        return self.payer_id if self.payer_kind == "sponsor" else None

    @property
    def never_paid(self) -> bool:
        """Whether no time was paid for; a provider's bill of nothing for a trial pays for none."""
        trial, paid = self.trial_until, self.paid_until
        return paid is None or (trial is not None and paid <= trial)

    @property
    def debt_stages(self) -> tuple[DebtStage, ...]:
        """What the debt leads to, and when."""
        if self.overdue_since is None:
            return ()
        return stages(
            self.conditions.debt,
            self.entry_grace_days,
            self.overdue_since,
            self.owed,
            # What a sponsor pays for has begun without any payment of the member's.
            first_payment=self.never_paid and self.sponsor_id is None,
        )

    @property
    def no_entry_from(self) -> datetime | None:
        """When the debt closes the door: after the grace, which a first payment does not get.

        A trial that nobody pays for closes it too, a day later: collecting takes some hours.
        """
        if self.overdue_since is None and self.trial_until is not None and self.never_paid:
            return self.trial_until + timedelta(days=MINIMUM_GRACE_DAYS)
        return next((each.at for each in self.debt_stages if each.stage == "no_entry"), None)

    def is_later(self, start: datetime, until: datetime) -> bool:
        """Than the latest paid period. A part of that one, as of a change of plan, is not."""
        if self.paid_until is None or self.paid_since is None or until > self.paid_until:
            return True
        return until == self.paid_until and start < self.paid_since

    def is_over(self, now: datetime) -> bool:
        """Whether the contract has ended, be it that nobody has said so yet."""
        return self.contract == "ended" or (self.end is not None and self.end <= now)

    def state(self, now: datetime) -> MembershipState:
        """All three axes, as others are told of them."""
        told_from = min(now, self.paid_since or now)
        return MembershipState(
            membership_id=self.id,
            member_id=self.member_id,
            person_id=self.person_id,
            organisation_id=self.organisation_id,
            plan_id=self.plan_id,
            zone=self.zone,
            coverage=self.coverage,
            contract=self.contract,
            start=self.start,
            end=self.end,
            end_reason=self.end_reason,
            paid_until=self.covered_until,
            overdue_since=self.overdue_since,
            no_entry_from=self.no_entry_from,
            overlays=tuple(
                each.state()
                for each in sorted(self.overlays, key=lambda each: (each.start, each.id))
                if not each.is_over(told_from)
            ),
            entry_grace_days=self.entry_grace_days,
            debt_stages=self.debt_stages,
            credits=self.credits,
            homes=self.homes,
            sponsor_id=self.sponsor_id,
            sponsor_suspended_at=self.sponsor_suspended_at,
            continues=self.transferred_from,
            cycle=Cycle(
                first_day=self.first_charged_day, interval=self.interval, count=self.interval_count
            ),
        )

    def term_end(self, now: datetime) -> datetime | None:
        """When the term that runs now ends; None where none binds."""
        today = local_date(now, self.zone)
        moved = self._extensions(now)
        ends = (self.conditions.term_end(self._anchor, today, moved), self._bound_until(moved))
        end = max((each for each in ends if each is not None and each > today), default=None)
        return None if end is None else start_of_day(end, self.zone)

    def earliest_end(self, now: datetime) -> datetime:
        """The first end that term and notice allow whoever cancels now; maybe now itself."""
        today = local_date(now, self.zone)
        moved = self._extensions(now)
        end = self.conditions.earliest_end(self._anchor, today, moved)
        end = max(end, self._bound_until(moved) or end)
        return now if end <= today else start_of_day(end, self.zone)

    @property
    def _anchor(self) -> date:
        """The day that terms are counted from: what is tried first binds when it is paid for."""
        return self.terms_from or self.after_trial

    def _bound_until(self, moved: Sequence[Extension]) -> date | None:
        """Until when the plan before a change binds, moved by the freezes since then."""
        end = self.bound_until
        for each in sorted(moved):
            if end is not None and each.start < end:
                end += timedelta(days=each.days)
        return end

    def _extensions(self, now: datetime) -> list[Extension]:
        """What moves the term that runs: freezes of a plan before have moved that plan's."""
        moved = [each.extension(self.zone, now) for each in self.overlays if each.extends_term]
        since = self.terms_from
        return [each for each in moved if since is None or each.start >= since]

    def become(
        self, terms: NextTerms, now: datetime, *, period_until: datetime | None = None
    ) -> None:
        """Be another plan from now on. `period_until` is where the period that runs ends then.

        What was tried stays tried. A term that runs goes on to bind, the new one counts from today.
        """
        bound = self.term_end(now)
        today = local_date(now, self.zone)
        if terms.term != self.term:
            self.cycle_from = today
            if period_until is not None and self.paid_until is not None:
                self.paid_until = min(self.paid_until, period_until)
        self.bound_until = None if bound is None else local_date(bound, self.zone)
        self.terms_from = today
        self.plan_id, self.plan_name = terms.plan_id, terms.plan_name
        self.price_id, self.price = terms.price_id, terms.price
        self.tax_included, self.discount = terms.tax_included, None
        self.interval, self.interval_count = terms.interval, terms.interval_count
        self.coverage, self.conditions = terms.coverage, terms.conditions
        self.freeze_rules, self.entry_grace_days = terms.freeze_rules, terms.entry_grace_days
        self.offer = structs.replace(terms.offer, trial=self.offer.trial)
        self._derive(now)

    @property
    def awaits_transfer(self) -> bool:
        """Whether it is there for the day on which somebody hands theirs over."""
        return self.transferred_from is not None and self.contract == "pending"

    def hand_over(self, at: datetime, to: UUID, reason: str, now: datetime) -> None:
        """From `at` on it is somebody else's, as the membership `to`."""
        self.transferred_at, self.transferred_to, self.transfer_reason = at, to, reason
        self._derive(now)

    def keep_after_all(self, now: datetime) -> None:
        """What was to go over stays."""
        self.transferred_at = self.transferred_to = self.transfer_reason = None
        self._derive(now)

    def begin_at(self, at: datetime, paid_until: datetime | None, now: datetime) -> None:
        """It runs from `at` on, covered by what somebody else paid."""
        self.paid_from = self.paid_since = at
        self.paid_until = max(at, paid_until or at)
        self._derive(now)

    def _derive(self, now: datetime) -> None:
        # A trial begins with the agreement, everything else with its first payment.
        # So does what a sponsor pays for.
        agreed = self.trial_until is not None or self.sponsor_id is not None
        begins = self.purchased_at if agreed else self.paid_from
        if begins is not None:
            self.start = max(start_of_day(self.starts_on, self.zone), begins)
        ending = earliest(self._endings(now))
        closed = self.closed_at or self.terminated_at or self.collection_ended
        if closed or (ending is not None and ending.at <= now):
            self.contract = "ended"
            if ending is not None:
                self.closed_at, self.closed_reason = ending.at, ending.reason
        elif begins is None:
            self.contract = "pending"
        elif ending is not None and ending.reason != "expired":
            self.contract = "under_notice"
        else:
            # One that was sold for a time only runs out; nobody gave notice.
            on_trial = self.trial_until is not None and now < self.trial_until
            self.contract = "trialing" if on_trial else "active"
        if ending is None:
            self.end = self.end_reason = None
        else:
            # One that ends before it starts has no length; it does not end before its start.
            self.end = ending.at if self.start is None else max(ending.at, self.start)
            self.end_reason = ending.reason

    def _endings(self, now: datetime) -> list[Ending]:
        endings = []
        expiry = self._expiry(now)
        if expiry is not None:
            endings.append(Ending(expiry, "expired"))
        if self.cancelled_at is not None:
            endings.append(Ending(self.cancelled_at, "cancelled"))
        if self.collection_ends_at is not None:
            # A provider that collects to the end of a fixed term announces nothing else.
            announced = self.collection_announced
            if expiry is not None and self.collection_ends_at >= expiry:
                announced = False
            reason: EndReason = "cancelled" if announced else "expired"
            endings.append(Ending(self.collection_ends_at, reason))
        if self.withdrawn_at is not None:
            endings.append(Ending(self.withdrawn_at, "withdrawn"))
        if self.terminated_at is not None:
            endings.append(Ending(self.terminated_at, "terminated"))
        if self.transferred_at is not None:
            endings.append(Ending(self.transferred_at, "transferred"))
        if self.closed_at is not None and self.closed_reason is not None:
            endings.append(Ending(self.closed_at, self.closed_reason))
        return endings

    def _expiry(self, now: datetime) -> datetime | None:
        """When a contract that was sold for a time only is over; unknown during a freeze without
        an end that moves it."""
        if self.runs_until is not None:
            return self.runs_until
        if self.paid_from is None or any(x.extends_term and x.until is None for x in self.overlays):
            return None
        day = self.conditions.expires_on(self._anchor, self._extensions(now))
        return None if day is None else start_of_day(day, self.zone)
