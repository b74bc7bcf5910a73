"""Dues: all that is owed and collected for one membership.

The root that every change of a membership's money locks, and the aggregate of its events: whoever
reads them gets one order over payments, debt and subscription.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.billing.domain import cycle
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.plan_change import PendingChange
from gymhopper.contexts.billing.domain.provider import ProviderSubscription
from gymhopper.contexts.billing.domain.term_end import as_counted, last_boundary
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contracts.billing.events import DebtChanged, SponsorDebtChanged, SubscriptionChanged
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What we want a provider to do from now on: stop at once, stop at `until`, or rest."""

    stopped: bool
    until: datetime | None
    paused: bool


@dataclass(eq=False, kw_only=True)
class Dues:
    """All of a membership's money, or what a sponsor owes for all whom it pays for. Of a sponsor's
    own dues `membership_id` and `person_id` are the sponsor's id: no membership has it, and nobody
    acts as it.

    `terms` are what was sold. `owed`, `overdue_since`, `ends_at` and `ended` were last told.

    The next claim is for `billing_account_id`, whose person `person_id` is.

    `collect_until` is the end that both sides last agreed on: the contract sets it, and so does a
    person in the provider's portal; the later word wins. `asked_until` is the end that the provider
    has by our own request, so that its echo is not taken for a new word. `expires_at` is where the
    contract is over by its own terms. `frozen` are stretches without billing. `change` is another
    plan that is to come, `last_change` the latest that did. `former_id` are the dues of whoever
    had the membership before.
    """

    id: UUID
    version: int = 0
    organisation_id: UUID
    kind: Literal["membership", "sponsor"] = "membership"
    person_id: UUID
    membership_id: UUID
    billing_account_id: UUID
    terms: Terms
    currency: str
    owed: int = 0
    overdue_since: datetime | None = None
    ends_at: datetime | None = None
    ended: bool = False
    contract_ended: bool = False
    collect_until: datetime | None = None
    asked_until: datetime | None = None
    expires_at: datetime | None = None
    frozen: list[Period] = field(default_factory=list)
    change: PendingChange | None = None
    last_change: UUID | None = None
    former_id: UUID | None = None

    def terms_at(self, start: datetime) -> Terms:
        """What a period is asked for by that begins then."""
        later = self.change
        if later is None or later.charged is not None or start < later.at:
            return self.terms
        return later.terms

    @property
    def collected_terms(self) -> Terms | None:
        """What a provider is to collect from the next period on; None while it is told of it."""
        if self.change is None:
            return self.terms
        return self.change.terms if self.change.charged is None else None

    @property
    def charged_until(self) -> datetime | None:
        """Until when we ask for what was sold for a time; None: that is open."""
        return cycle.charged_until(self.terms, self.expires_at, self.frozen)

    def changed(self) -> None:
        """The plan that was to come is there."""
        if self.change is not None:
            self.terms, self.last_change = self.change.terms, self.change.change_id
            self.change = None

    def count_debt(self, claims: Sequence[Claim]) -> DebtChanged | SponsorDebtChanged | None:
        """Add up what failed and is still owed; the event when that is different."""
        failed = [claim for claim in claims if claim.status == "failed" and claim.outstanding > 0]
        owed = sum(claim.outstanding for claim in failed)
        since = min((c.failure_known_at for c in failed if c.failure_known_at), default=None)
        if (owed, since) == (self.owed, self.overdue_since):
            return None
        self.owed, self.overdue_since = owed, since
        if self.kind == "sponsor":
            return SponsorDebtChanged(
                sponsor_id=self.billing_account_id,
                owed=Money(owed, self.currency),
                overdue_since=since,
            )
        return DebtChanged(
            membership_id=self.membership_id,
            owed=Money(owed, self.currency),
            overdue_since=since,
        )

    def follow(self, found: ProviderSubscription) -> SubscriptionChanged | None:
        """Take note of what the provider will do; the event when that is news to us.

        An end that we asked for ourselves is none: the contract knows it already, and telling it
        again could undo what it decided meanwhile.
        """
        if not found.begun or (found.ends_at, found.ended) == (self.ends_at, self.ended):
            return None
        if self.ended and not found.ended:
            # An older look: what has stopped never goes on.
            return None
        self.ends_at, self.ended = found.ends_at, found.ended
        if found.ended and self._stops_as_asked(found):
            return None
        if not found.ended:
            if found.ends_at == self.asked_until:
                return None
            self.collect_until = self.asked_until = found.ends_at
        return SubscriptionChanged(
            membership_id=self.membership_id, ends_at=self.ends_at, ended=self.ended
        )

    def _stops_as_asked(self, found: ProviderSubscription) -> bool:
        """Whether it collected all there was to collect, a little before the contract is over."""
        own = [each for each in (self.collect_until, self.expires_at) if each is not None]
        if self.asked_until is None or found.ends_at is None or not own:
            return False
        return self.asked_until <= found.ends_at < min(own)

    def wanted(self, now: datetime, anchor: datetime | None = None) -> Collection:
        """What the provider should be doing now, if it counts periods from `anchor`."""
        until = self.collect_until
        if anchor is not None:
            set_by_parties = None if until is None else as_counted(until, self.terms, anchor)
            sold = last_boundary(self.terms, anchor, self.frozen, self.expires_at)
            until = min((x for x in (set_by_parties, sold) if x is not None), default=None)
        return Collection(
            stopped=self.contract_ended
            or any(each is not None and each <= now for each in (self.collect_until, until)),
            until=until,
            paused=any(now in stretch for stretch in self.frozen),
        )

    def rest(self, stretches: Sequence[Period], now: datetime) -> bool:
        """Collection rests then, and in what is over of the stretches that were known; False when
        that is nothing new."""
        over = [x for x in self.frozen if x.until is not None and x.until <= now]
        frozen = [*(each for each in over if each not in stretches), *stretches]
        if frozen == self.frozen:
            return False
        self.frozen = frozen
        return True

    def begun(self, now: datetime) -> tuple[Period, ...]:
        """The stretches without billing that have begun: one to come may be called off."""
        return tuple(each for each in self.frozen if each.start <= now)

    def next_turn(self, now: datetime) -> datetime | None:
        """When a freeze begins or ends next."""
        turns = [turn for each in self.frozen for turn in (each.start, each.until) if turn]
        return min((turn for turn in turns if turn > now), default=None)
