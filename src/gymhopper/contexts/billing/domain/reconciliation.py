"""Comparing our records with the provider's, and what came of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Stage = Literal[
    "subscriptions",
    "open_invoices",
    "recent_invoices",
    "our_subscriptions",
    "our_claims",
    "our_pages",
    "done",
]
"""The provider's subscriptions, its open invoices and its latest ones; then what of ours none of
these showed."""

STAGES: tuple[Stage, ...] = (
    "subscriptions",
    "open_invoices",
    "recent_invoices",
    "our_subscriptions",
    "our_claims",
    "our_pages",
    "done",
)

Verdict = Literal["repaired", "ours_alone", "provider_alone", "failed"]
"""We learned of it only now; the provider does not know ours; theirs is not ours, and collects; it
could not be taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was not as it should be. `our_id` is our record's of this kind: a claim's for
    an invoice."""

    kind: Literal["subscription", "invoice", "checkout"]
    verdict: Verdict
    provider_id: str
    our_id: UUID | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One comparison of everything, which may take several attempts: where it stands."""

    id: UUID
    provider: str
    since: datetime | None
    started_at: datetime
    stage: Stage = "subscriptions"
    cursor: str | None = None
    compared: int = 0
    finished_at: datetime | None = None

    @property
    def next_stage(self) -> Stage:
        """What comes after this stage. Lists that begin at some time do not show all of ours."""
        after = STAGES[STAGES.index(self.stage) + 1]
        if after == "our_subscriptions" and self.since is not None:
            return "our_claims"
        return after


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a comparison came to."""

    reconciliation: Reconciliation
    findings: tuple[Finding, ...] = field(default=())

    def count(self, verdict: Verdict) -> int:
        """How many findings of one kind there are."""
        return sum(each.verdict == verdict for each in self.findings)

    @property
    def agrees(self) -> bool:
        """Whether nothing is left that a person has to look at."""
        return all(each.verdict == "repaired" for each in self.findings)
