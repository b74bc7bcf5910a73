"""Changes of what was bought to another plan: at once, or from the end of a period on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.membership.domain.errors import (
    IllegalTransition,
    PaidByAnother,
    ReasonMissing,
    TermStillRuns,
    UnfitChange,
)
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.next_terms import NextTerms, a_day
from gymhopper.contracts.membership.plan_changes import PlanChangeRefusal
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.money import Money

When = Literal["now", "period_end"]
PlanChangeStatus = Literal["requested", "scheduled", "in_force", "undone", "refused", "lapsed"]

TO_COME: frozenset[PlanChangeStatus] = frozenset({"requested", "scheduled"})


@dataclass(eq=False, kw_only=True)
class PlanChange:
    """`requested` waits for its money, `scheduled` for its day, `effective_at`.

    It is `lapsed` when the contract was over by then, `refused` when it was not paid: `refusal`
    says why. `charged` was shown, in minor units of the contract's currency, as of `priced_at`;
    below zero it becomes credit, and None is where nothing is charged at once.
    """

    id: UUID
    organisation_id: UUID
    membership_id: UUID
    plan_id: UUID
    previous_plan_id: UUID
    terms: NextTerms
    effective_at: datetime
    priced_at: datetime
    charged: int | None
    reason: str
    requested_at: datetime
    requested_by: str
    status: PlanChangeStatus
    refusal: PlanChangeRefusal | None = None
    settled_at: datetime | None = None

    def settle(self, status: PlanChangeStatus, now: datetime) -> None:
        """Let it be over; IllegalTransition when it is not to come."""
        if self.status not in TO_COME:
            raise IllegalTransition(f"This change is {self.status.replace('_', ' ')}.")
        self.status, self.settled_at = status, now


def effective_at(membership: Membership, when: When, now: datetime) -> datetime:
    """When the change would be in force."""
    return now if when == "now" else membership.period_end(now)


def bound_until(membership: Membership, terms: NextTerms, at: datetime, now: datetime) -> date:
    """The first day on which neither plan would bind any more, after a change at `at`."""
    day = local_date(at, membership.zone)
    running = membership.term_end(now)
    old = day if running is None else local_date(running, membership.zone)
    return max(day, old, terms.bound_until(day) or day)


def costs_less(membership: Membership, terms: NextTerms) -> bool:
    """Whether a day costs less than it does now."""
    return a_day(terms.price, terms.term) < a_day(membership.price, membership.term)


def check(membership: Membership, terms: NextTerms, when: When, now: datetime) -> None:
    """Raise IllegalTransition or UnfitChange unless this can be agreed on now."""
    if membership.is_over(now) or membership.contract in ("pending", "under_notice"):
        raise IllegalTransition(f"A membership that is {membership.contract} keeps its plan.")
    if membership.payer_kind == "sponsor":
        raise IllegalTransition("Which plan it is was agreed on with the sponsor.")
    if membership.overdue_since is not None:
        raise IllegalTransition("Something is owed for this membership. Pay that first.")
    if when == "now" and membership.contract == "trialing":
        raise IllegalTransition("It can change at the end of the trial, `period_end`.")
    if when == "now" and any(now in each.period for each in membership.overlays):
        raise IllegalTransition("While it is frozen or blocked it changes at the period's end.")
    _check_plans(membership, terms)


def check_party(
    membership: Membership,
    terms: NextTerms,
    at: datetime,
    now: datetime,
    *,
    by_member: bool,
    reason: str,
) -> None:
    """Raise PaidByAnother where a member would change what somebody else pays, and TermStillRuns
    where one would pay less before the term allows it; staff may agree to both, and say why they
    do to the latter: ReasonMissing."""
    if by_member and membership.payer_id is not None:
        raise PaidByAnother("Somebody else pays for this. The desk changes it when they agree.")
    bound = membership.term_end(now)
    if not costs_less(membership, terms) or bound is None or bound <= at:
        return
    day = local_date(bound, membership.zone)
    if by_member:
        raise TermStillRuns(f"The plan binds until {day}; dearer ones are open.", field="plan_id")
    if not reason:
        raise ReasonMissing("Say why it costs less before its term is over.", field="reason")


def _check_plans(membership: Membership, terms: NextTerms) -> None:
    if terms.plan_id == membership.plan_id:
        raise UnfitChange("This is the plan already.", field="plan_id")
    if terms.legal_entity_id != membership.legal_entity_id:
        raise UnfitChange("Another company sells that plan.", field="plan_id")
    if terms.price.currency != membership.price.currency:
        raise UnfitChange("A contract keeps its currency.", field="price_id")
    if any(each.home for each in terms.coverage.include) and not membership.homes:
        raise UnfitChange("That plan is for a home location, and there is none.", field="plan_id")
    if not _goes_on(membership) or not _goes_on(terms):
        raise UnfitChange(
            "Only what is charged until somebody ends it changes to another of that kind.",
            field="plan_id",
        )


def _goes_on(terms: Membership | NextTerms) -> bool:
    kinds = ("recurring", "fixed_term")
    ends = terms.offer.charged_periods(terms.term, terms.conditions) is not None
    return terms.offer.kind in kinds and not ends


def costs(change: PlanChange) -> Money | None:
    """What was shown to be charged at once."""
    if change.charged is None:
        return None
    return Money(change.charged, change.terms.price.currency)
