"""The limits of a plan, counted for the period in which a class lies."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contracts.membership.coverage import SpanQuota, VisitQuota
from gymhopper.contracts.membership.state import MembershipState
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.term import Term

Reached = Literal["DAILY_LIMIT_REACHED", "USAGE_LIMIT_REACHED"]


class Use(msgspec.Struct, frozen=True):
    """A visit that was, or a place that is taken: when and where it counts.

    `zone` and `rollover_hour` are the location's. `missed` is a place of somebody who did not come.
    """

    at: datetime
    location_id: UUID
    organisation_id: UUID
    zone: str
    rollover_hour: int
    missed: bool = False


def reached(state: MembershipState, wanted: Use, used: Iterable[Use]) -> Reached | None:
    """Which of the plan's limits leaves no room for one more."""
    limits = state.coverage.limits
    if not limits:
        return None
    uses = list(used)
    for each in limits:
        period = _period(each, state, wanted)
        if period is None:
            return "USAGE_LIMIT_REACHED"
        counted = sum(
            _same_place(each, wanted, use) and _period(each, state, use) == period for use in uses
        )
        if counted >= each.visits:
            return "DAILY_LIMIT_REACHED" if each.per == "day" else "USAGE_LIMIT_REACHED"
    return None


def span_around(state: MembershipState, at: datetime) -> tuple[datetime, datetime]:
    """A stretch that holds all that counts together with that instant, and more."""
    cycle = state.cycle
    days = 33
    if cycle is not None and any(each.per == "period" for each in state.coverage.limits):
        days = {"day": 1, "week": 7, "month": 31, "year": 366}[cycle.interval] * cycle.count + 2
    return at - timedelta(days=max(days, 33)), at + timedelta(days=max(days, 33))


def _same_place(quota: VisitQuota | SpanQuota, wanted: Use, use: Use) -> bool:
    if quota.scope == "location":
        return use.location_id == wanted.location_id
    return quota.scope == "network" or use.organisation_id == wanted.organisation_id


def _period(quota: VisitQuota | SpanQuota, state: MembershipState, use: Use) -> date | None:
    """A date that names the period: a day is the visited place's, all others the contract's."""
    if quota.per == "day":
        return local_date(use.at, use.zone, rollover=time(use.rollover_hour))
    day = local_date(use.at, state.zone)
    if quota.per == "month":
        return day.replace(day=1)
    if quota.per == "week":
        return day - timedelta(days=day.weekday())
    if state.cycle is None:
        return None
    term = Term(state.cycle.interval, state.cycle.count)
    return term.next_boundary(state.cycle.first_day, day)
