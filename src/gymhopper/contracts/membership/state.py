"""A membership as its events tell of it: three axes, with their dates."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.kernel.term import Interval

ContractStatus = Literal["pending", "trialing", "active", "under_notice", "ended"]
EndReason = Literal["cancelled", "withdrawn", "expired", "terminated", "transferred"]
DebtStageName = Literal["remind", "no_booking", "no_entry", "terminate"]
Origin = Literal["contract", "collection"]
"""Who moved a contract's end: the parties to it, or the payment provider that stops collecting."""


class Overlay(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch `[start, until)` that is laid over a contract that runs.

    What it does is a freeze's own choice: whether access stops, whether billing does, and whether
    the contract's term ends later by its days. A block stops access and nothing else.
    """

    overlay_id: UUID
    kind: Literal["freeze", "block"]
    start: datetime
    until: datetime | None = None
    stops_billing: bool = True
    stops_access: bool = True
    extends_term: bool = False


class DebtStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of a debt, and when it begins if nothing is paid until then."""

    stage: DebtStageName
    at: datetime


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Which location is home from an instant on, until the next one is."""

    location_id: UUID
    start: datetime


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """The periods that a contract is charged for: `count` intervals each, counted from a local day.

    Months keep the day of the first: 31 January, 28 February, 31 March.
    """

    first_day: date
    interval: Interval
    count: int


class Hosted(msgspec.Struct, frozen=True, kw_only=True):
    """Of a guest's right: who the host is, by which membership, and whether the host is first."""

    membership_id: UUID
    person_id: UUID
    host_inside: bool


class MembershipState(msgspec.Struct, frozen=True, kw_only=True):
    """A membership on its three axes, as it is after the event that carries it.

    `start` and `end` are instants, half-open; `end` None means that no end is known. `paid_until`
    is the end of the last period that was paid for. `overdue_since` is when the failure of the
    oldest open claim became known; `no_entry_from` is when that debt closes the door, at least
    `entry_grace_days` later once something was paid. `overlays` are those that run or are to come,
    and those that ran into the latest paid period, whose use they took away. `debt_stages` are
    what the debt leads to, with their dates, `no_entry_from` among them.
    `credits`, of a pack, is for how many visits in all there were or are credits: those that were
    used, and those that are left. `homes` are the locations that were, are and will be home, in the
    order of their dates, where the coverage asks for one. `hosted` is there in the right of a guest
    alone, whose `membership_id` is that of the guest pass.
    `sponsor_id` is who pays if that is a sponsor, who lets nobody in from `sponsor_suspended_at`.
    It `continues` another one that went over to this person, whose visits go on counting here.
    """

    membership_id: UUID
    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    plan_id: UUID
    zone: str
    coverage: Coverage
    contract: ContractStatus
    start: datetime | None = None
    end: datetime | None = None
    end_reason: EndReason | None = None
    paid_until: datetime | None = None
    overdue_since: datetime | None = None
    no_entry_from: datetime | None = None
    overlays: tuple[Overlay, ...] = ()
    entry_grace_days: int = 7
    debt_stages: tuple[DebtStage, ...] = ()
    credits: int | None = None
    homes: tuple[Home, ...] = ()
    cycle: Cycle | None = None
    hosted: Hosted | None = None
    sponsor_id: UUID | None = None
    sponsor_suspended_at: datetime | None = None
    continues: UUID | None = None
