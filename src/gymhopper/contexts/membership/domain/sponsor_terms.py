"""What a sponsor agreed to pay, and what comes of it when it does not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from gymhopper.contexts.membership.domain.debt import MINIMUM_GRACE_DAYS, StageRule
from gymhopper.contracts.membership.sponsors.api import Share, SponsorDebtStageName
from gymhopper.kernel.errors import Conflict

STAGES: tuple[SponsorDebtStageName, ...] = ("remind", "no_new_members", "no_entry", "end")


class SponsorOverdue(Conflict):
    """The sponsor owes so much, or for so long, that nobody new comes in on its account."""

    code = "sponsor_overdue"


class SponsorDebtRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which stages a sponsor's debt has; None leaves one out.

    Nobody new comes in by a roster, nobody comes in at all, everybody's coverage ends: in this
    order, whatever the days say, and none of it within a day after the debt became known.
    """

    remind: StageRule | None = None
    no_new_members: StageRule | None = None
    no_entry: StageRule | None = None
    end: StageRule | None = None


AS_A_RULE = SponsorDebtRules(
    remind=StageRule(after_days=0),
    no_new_members=StageRule(after_days=14),
    no_entry=StageRule(after_days=30),
)
"""What holds where nothing else was agreed on."""


class SponsorTerms(msgspec.Struct, frozen=True, kw_only=True):
    """`shares` are in the order of their dates. It is billed for what began at `billed_from` or
    later, and has `pays_within_days` days to pay."""

    shares: tuple[Share, ...]
    billed_from: datetime
    pays_within_days: int = 14
    debt: SponsorDebtRules = AS_A_RULE

    def with_share(self, share: Share) -> "SponsorTerms":
        """The same, with another share from its date on; what was agreed on before stays."""
        latest = self.shares[-1]
        if (latest.percent, latest.amount) == (share.percent, share.amount):
            return self
        return msgspec.structs.replace(self, shares=(*self.shares, share))


class SponsorDebtStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of a sponsor's debt, and when it begins if nothing is paid until then."""

    stage: SponsorDebtStageName
    at: datetime


def debt_stages(
    rules: SponsorDebtRules, since: datetime | None, owed: int
) -> tuple[SponsorDebtStage, ...]:
    """When each stage of a debt that became known at `since` begins, in their order."""
    if since is None:
        return ()
    at: dict[SponsorDebtStageName, datetime] = {}
    for stage in STAGES:
        rule: StageRule | None = getattr(rules, stage)
        if rule is None or owed < rule.from_amount:
            continue
        grace = 0 if stage == "remind" else MINIMUM_GRACE_DAYS
        at[stage] = since + timedelta(days=max(grace, rule.after_days))
    if "no_new_members" in at and "no_entry" in at:
        at["no_new_members"] = min(at["no_new_members"], at["no_entry"])
    if "end" in at:
        at["end"] = max(each for stage, each in at.items() if stage != "remind")
    if "remind" in at:
        at["remind"] = min(at.values())
    return tuple(SponsorDebtStage(stage=each, at=at[each]) for each in STAGES if each in at)


def told_until(stages: Sequence[SponsorDebtStage], told: SponsorDebtStageName | None) -> int:
    """Up to which stage, by its place among all, a debt was told of and still reaches."""
    reached = [STAGES.index(each.stage) for each in stages]
    limit = -1 if told is None else STAGES.index(told)
    return max((each for each in reached if each <= limit), default=-1)
