"""Whether a grant admits, and how far it gets when it does not."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

import msgspec

from gymhopper.contexts.access.domain import usage as using
from gymhopper.contexts.access.domain.coverage import Policy
from gymhopper.contexts.access.domain.hours import (
    WallTime,
    period_after,
    wall_time,
    week_after,
    within_hours,
)
from gymhopper.contexts.access.domain.records import Door, Grant, GrantKind, Id, Instant
from gymhopper.contexts.access.domain.usage import Hold, Spending, Usage, Visit
from gymhopper.contracts.membership.covering import refusal as not_covered

HOST_REQUIRED = "GUEST_HOST_REQUIRED"


class Stage(IntEnum):
    """The checks of a grant in their order; a refusal at a later one got further.

    A booking for another place or for a time that is over explains less than any membership that
    gets as far.
    """

    BOOKED_ELSEWHERE = 0
    COVERAGE = 1
    BOOKING_OVER = 2
    DATES = 3
    STOPS = 4
    LOCATION_HOURS = 5
    PLAN_HOURS = 6
    QUOTAS = 7
    PASSED = 8


class Considered(msgspec.Struct, frozen=True, gc=False):
    """How one grant fared: the code of its refusal (None: it admits) and how far it got."""

    grant: Grant
    stage: Stage
    code: str | None


class Question(msgspec.Struct, frozen=True, gc=False):
    """What all grants of one scan are asked: the place, the time there, and what was used.

    `visit` is a visit that this scan would belong to, `held` the hold that waits at this door;
    `hosts` are the usages of those who bring the person as a guest.
    """

    door: Door
    policies: Mapping[bytes, Policy]
    usage: Usage
    at: Instant
    wall: WallTime
    day: int
    open: bool
    visit: Visit | None
    held: Hold | None
    hosts: Mapping[Id, Usage]


def cheapest_first(grant: Grant) -> tuple[int, Instant, Id]:
    """Sorts grants: what costs the member least, then what is lost first."""
    return grant.kind, grant.hard_until, grant.grant_id


def furthest(considered: Iterable[Considered]) -> Considered:
    """The refusal that got furthest; of equals the first, which is the cheapest."""
    return max(considered, key=lambda each: each.stage)


def consider(grant: Grant, question: Question) -> Considered:
    """Try one grant: coverage, dates, stops, opening hours, plan hours, visits."""
    at = question.at
    policy = question.policies.get(grant.policy)
    if policy is None:
        return Considered(grant, Stage.COVERAGE, "SYSTEM_ERROR")
    if grant.kind is GrantKind.BOOKING:
        return _consider_booking(grant, policy, question)
    code: str | None = not_covered(
        policy, question.door, grant.home_at(at) if grant.homes else None
    )
    if code is not None:
        return Considered(grant, Stage.COVERAGE, code)
    if at < grant.start:
        return Considered(grant, Stage.DATES, "MEMBERSHIP_NOT_STARTED")
    if at >= grant.hard_until:
        return Considered(grant, Stage.DATES, grant.end_code)
    for stop in grant.stops:
        if stop.at(at):
            return Considered(grant, Stage.STOPS, stop.code)
    if not question.open:
        return Considered(grant, Stage.LOCATION_HOURS, "LOCATION_CLOSED")
    if policy.hours is not None and not within_hours(policy.hours, question.wall):
        return Considered(grant, Stage.PLAN_HOURS, "OUTSIDE_PLAN_HOURS")
    if question.visit is None:
        code = _use_refusal(grant, policy, question)
        if code is not None:
            return Considered(grant, Stage.QUOTAS, code)
    return Considered(grant, Stage.PASSED, None)


def _use_refusal(grant: Grant, policy: Policy, question: Question) -> str | None:
    """Why there can be no further visit on the grant."""
    if grant.credits is not None and credits_left(grant, question) <= 0:
        return "GUEST_PASS_USED" if grant.kind is GrantKind.GUEST else "CREDITS_EXHAUSTED"
    if grant.host is not None and not _came(grant.host, question):
        return HOST_REQUIRED
    return _quota_refusal(grant, policy, question) if policy.quotas else None


def _consider_booking(grant: Grant, policy: Policy, question: Question) -> Considered:
    """Try a booking: its place, its window, stops, and the host of a guest.

    A class that takes place opens its doors on closed days, too, and whatever the plan's hours.
    """
    at = question.at
    code: str | None = not_covered(policy, question.door)
    if code is not None:
        return Considered(grant, Stage.BOOKED_ELSEWHERE, code)
    if at < grant.start:
        return Considered(grant, Stage.DATES, "BOOKING_TOO_EARLY")
    if at >= grant.hard_until:
        return Considered(grant, Stage.BOOKING_OVER, grant.end_code)
    for stop in grant.stops:
        if stop.at(at):
            return Considered(grant, Stage.STOPS, stop.code)
    if grant.host is not None and question.visit is None and not _came(grant.host, question):
        return Considered(grant, Stage.QUOTAS, HOST_REQUIRED)
    return Considered(grant, Stage.PASSED, None)


def _came(host: Id, question: Question) -> bool:
    """Whether the host was let into the location on this day, on whatever right."""
    usage = question.hosts.get(host)
    return usage is not None and any(
        each.per == "day"
        and each.period == question.day
        and each.location_id == question.door.location_id
        for each in usage.tallies
    )


def credits_left(grant: Grant, question: Question) -> int:
    """How many visits the grant's credits pay for, before the one that is asked for."""
    held = question.held
    used = using.credits_used(
        question.usage,
        grant.membership_id,
        question.at,
        apart_from=None if held is None else held.visit_id,
    )
    return (grant.credits or 0) - used


def spend(grant: Grant, policy: Policy, question: Question) -> Spending | None:
    """Where a visit on the grant counts; None when its contract's calendar is unknown."""
    door, credit = question.door, grant.credits is not None
    wall = question.wall if grant.zone == door.zone else wall_time(question.at, grant.zone)
    if wall is None:
        return None
    week, cycle = week_after(wall) if policy.weeks else 0, 0
    if policy.cycles:
        after = None if grant.cycle is None else period_after(grant.cycle, wall.day)
        if after is None:
            return None
        cycle = after
    return Spending(
        grant.membership_id,
        door.location_id,
        door.organisation_id,
        question.day,
        wall.month,
        credit,
        week,
        cycle,
        grant.booking_id,
    )


def _quota_refusal(grant: Grant, policy: Policy, question: Question) -> str | None:
    door = question.door
    spending = spend(grant, policy, question)
    if spending is None:
        return "SYSTEM_ERROR"
    held = question.held
    for quota in policy.quotas:
        used = using.used(
            question.usage,
            membership_id=grant.membership_id,
            per=quota.per,
            period=spending.period(quota.per),
            scope=quota.scope,
            location_id=door.location_id,
            organisation_id=door.organisation_id,
            now=question.at,
            apart_from=None if held is None else held.visit_id,
        )
        if used >= quota.visits:
            if quota.scope == "location":
                return "LOCATION_LIMIT_REACHED"
            return "DAILY_LIMIT_REACHED" if quota.per == "day" else "PERIOD_LIMIT_REACHED"
    return None
