"""Sponsors: employers and others whose people come in on their account, by their own lists."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.membership.domain.sponsor_terms import (
    STAGES,
    SponsorDebtStage,
    SponsorTerms,
    debt_stages,
    told_until,
)
from gymhopper.contracts.membership.sponsors.api import SponsorDebtStageName
from gymhopper.contracts.membership.sponsors.events import SponsorDebtStageReached
from gymhopper.kernel.errors import Conflict, InvalidInput
from gymhopper.kernel.money import Money

RosterKind = Literal["full", "changes"]
"""Whether a roster names everybody, so that who is missing ends, or only what is different."""

RosterStatus = Literal["draft", "submitted", "done"]
Outcome = Literal["added", "changed", "unchanged", "refused"]


class RosterSubmitted(Conflict):
    """The roster was submitted, and nothing is added to it any more."""

    code = "roster_submitted"


class ExternalIdTwice(InvalidInput):
    """Two rows are about the same person."""

    code = "external_id_twice"


class WindowOver(InvalidInput):
    """Nobody comes in by a window that is over."""

    code = "window_over"


class WindowBackwards(InvalidInput):
    """A window ends after it begins."""

    code = "window_backwards"


class WindowTooLong(InvalidInput):
    """A window ends within two years, and is moved by the next roster."""

    code = "window_too_long"


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """Which versions of which texts the sponsor's people agreed to when they signed up there."""

    terms: str
    privacy: str
    language: str


@dataclass(eq=False, kw_only=True)
class Sponsor:
    """Pays for memberships of one plan. Without `terms` it is asked for nothing here.

    Staff suspend it (`suspended_at`), and so does what it owes (`overdue_since`, `owed`, in minor
    units of `currency`): two reasons, and each ends by itself. `debt_stage` is the furthest stage
    that was told of. `version` counts its events.
    """

    id: UUID
    version: int = 0
    organisation_id: UUID
    name: str
    plan_id: UUID
    price_id: UUID
    opened_at: datetime
    suspended_at: datetime | None = None
    terms: SponsorTerms | None = None
    overdue_since: datetime | None = None
    owed: int = 0
    currency: str | None = None
    debt_stage: SponsorDebtStageName | None = None

    @property
    def debt_stages(self) -> tuple[SponsorDebtStage, ...]:
        """What its debt leads to, and when."""
        if self.terms is None:
            return ()
        return debt_stages(self.terms.debt, self.overdue_since, self.owed)

    @property
    def closed_from(self) -> datetime | None:
        """From when on its people open no door, for whichever reason comes first."""
        owing = (each.at for each in self.debt_stages if each.stage == "no_entry")
        known = (self.suspended_at, *owing)
        return min((each for each in known if each is not None), default=None)

    def has_reached(self, stage: SponsorDebtStageName, now: datetime) -> bool:
        """Whether its debt has come that far."""
        return any(
            each.at <= now and STAGES.index(each.stage) >= STAGES.index(stage)
            for each in self.debt_stages
        )

    def owe(self, since: datetime | None, owed: Money) -> None:
        """It owes so much since then; None: nothing any more."""
        self.overdue_since, self.owed, self.currency = since, owed.amount, owed.currency
        self.forget_stages()

    def forget_stages(self) -> None:
        """A stage that is not reached any more is told of again when it is."""
        told = told_until(self.debt_stages, self.debt_stage)
        self.debt_stage = None if told < 0 else STAGES[told]

    def reach_debt_stage(self, now: datetime) -> SponsorDebtStageReached | None:
        """The next stage that has come and was not told of; None when there is none."""
        told = told_until(self.debt_stages, self.debt_stage)
        due = (x for x in self.debt_stages if x.at <= now and STAGES.index(x.stage) > told)
        stage = next(due, None)
        if stage is None or self.overdue_since is None or self.currency is None:
            return None
        self.debt_stage = stage.stage
        return SponsorDebtStageReached(
            sponsor_id=self.id,
            stage=stage.stage,
            since=self.overdue_since,
            owed=Money(self.owed, self.currency),
        )

    def next_debt_stage(self) -> datetime | None:
        """When there will be something to tell of the debt; None for never."""
        told = told_until(self.debt_stages, self.debt_stage)
        return next((x.at for x in self.debt_stages if STAGES.index(x.stage) > told), None)


@dataclass(eq=False, kw_only=True)
class Roster:
    """A list of people, worked on row by row once it is submitted.

    Of `total` rows `done` were worked on, and of these `added`, `changed` and `refused` are counts;
    the others are as they were. `ended` are those whom a full roster does not name.
    """

    id: UUID
    version: int = 0
    organisation_id: UUID
    sponsor_id: UUID
    kind: RosterKind
    agreed: Agreed
    created_at: datetime
    created_by: str
    status: RosterStatus = "draft"
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    total: int = 0
    done: int = 0
    added: int = 0
    changed: int = 0
    refused: int = 0
    ended: int = 0

    def require_draft(self) -> None:
        """Raise RosterSubmitted unless it can still be changed."""
        if self.status != "draft":
            raise RosterSubmitted("This roster was submitted.")

    def count(self, outcome: Outcome) -> None:
        """One more row is done."""
        self.done += 1
        if outcome == "added":
            self.added += 1
        elif outcome == "changed":
            self.changed += 1
        elif outcome == "refused":
            self.refused += 1


class Entitled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a row says of a person; it is kept sealed, and only until the row was worked on."""

    first_name: str
    last_name: str
    email: str | None = None


@dataclass(eq=False, kw_only=True)
class RosterEntry:
    """Somebody who is to come in on the local days `[starts_on, ends_on)`."""

    id: UUID
    roster_id: UUID
    organisation_id: UUID
    number: int
    external_id: str
    starts_on: date
    ends_on: date
    sealed: bytes | None
    outcome: Outcome | None = None
    code: str | None = None


@dataclass(eq=False, kw_only=True)
class Sponsored:
    """A member who comes in on a sponsor's account, known there as `external_id`.

    The window is the sponsor's: nothing but a roster moves it.
    """

    id: UUID
    version: int = 0
    organisation_id: UUID
    sponsor_id: UUID
    external_id: str
    member_id: UUID
    person_id: UUID
    membership_id: UUID
    starts_on: date
    ends_on: date
