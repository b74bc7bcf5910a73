"""Guests of members: how many a plan allows, and the pass that one of them gets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.membership.domain.errors import GuestsUsedUp, IllegalTransition
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.membership.events import Cycle, Hosted, MembershipState
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Term


class Guests(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a plan says of guests: `passes` in each month, or in each period that is charged for.

    A pass is good once, within `valid_days` local days. `new_here`: for people who were never here;
    `host_inside`: the host comes in before, on that day at that place; `fee`: what a guest who came
    costs the host.
    """

    passes: int
    per: Literal["month", "period"] = "month"
    valid_days: int = 1
    new_here: bool = False
    host_inside: bool = True
    fee: Money | None = None


@dataclass(eq=False, kw_only=True)
class GuestPass:
    """A guest of a membership: a member of the gym's own, who may come once in `[start, until)`."""

    id: UUID
    organisation_id: UUID
    membership_id: UUID
    member_id: UUID
    person_id: UUID
    first_day: date
    start: datetime
    until: datetime
    host_inside: bool
    issued_at: datetime
    issued_by: str
    withdrawn_at: datetime | None = None
    used_at: datetime | None = None
    visit_id: UUID | None = None
    version: int = 0

    def is_open(self, now: datetime) -> bool:
        """Whether the guest may still come."""
        return self.withdrawn_at is None and self.used_at is None and now < self.until

    def withdraw(self, now: datetime) -> None:
        """Let the guest not come; IllegalTransition when that is too late."""
        if not self.is_open(now):
            raise IllegalTransition("This guest pass was used, withdrawn, or is over.")
        self.withdrawn_at = now

    def use(self, visit_id: UUID, at: datetime) -> bool:
        """A door let the guest in; False when that is not the first visit."""
        if self.visit_id is not None:
            return False
        self.visit_id, self.used_at = visit_id, at
        return True

    def costs(self, rules: Guests | None, at: datetime) -> Money | None:
        """What a guest who came then costs the host: nothing after the pass was withdrawn, however
        late a door heard of that."""
        gone = self.withdrawn_at is not None and self.withdrawn_at <= at
        return None if rules is None or gone else rules.fee

    def right(self, host: MembershipState) -> MembershipState:
        """What doors are told: where the host may come the guest may, once."""
        rule: Coverage = msgspec.structs.replace(host.coverage, quotas=(), spans=())
        end = self.until if self.withdrawn_at is None else max(self.start, self.withdrawn_at)
        return MembershipState(
            membership_id=self.id,
            member_id=self.member_id,
            person_id=self.person_id,
            organisation_id=self.organisation_id,
            plan_id=host.plan_id,
            zone=host.zone,
            coverage=rule,
            contract="active" if self.withdrawn_at is None else "ended",
            start=self.start,
            end=end,
            end_reason="expired" if self.withdrawn_at is None else "cancelled",
            credits=1,
            homes=host.homes,
            hosted=Hosted(
                membership_id=self.membership_id,
                person_id=host.person_id,
                host_inside=self.host_inside,
            ),
        )


def check_allowance(rules: Guests, cycle: Cycle, day: date, others: Iterable[GuestPass]) -> None:
    """Raise GuestsUsedUp when the month or period of that day has as many passes as are allowed.

    One that was withdrawn does not count, one that nobody used does.
    """

    def window(first_day: date) -> object:
        if rules.per == "month":
            return first_day.year, first_day.month
        return Term(cycle.interval, cycle.count).next_boundary(cycle.first_day, first_day)

    taken = sum(
        each.withdrawn_at is None and window(each.first_day) == window(day) for each in others
    )
    if taken >= rules.passes:
        raise GuestsUsedUp(f"This plan allows {rules.passes} guests a {rules.per}.", field="day")
