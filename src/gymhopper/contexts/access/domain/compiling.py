"""Compiles what other contexts know into the flat records that doors decide by."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from gymhopper.contexts.access.domain.coverage import encode_coverage
from gymhopper.contexts.access.domain.places import Door
from gymhopper.contexts.access.domain.records import (
    Cycle,
    Grant,
    GrantKind,
    Home,
    Instant,
    Person,
    Stop,
    milliseconds,
)
from gymhopper.contexts.access.domain.records import (
    Door as DoorRecord,
)
from gymhopper.contracts.membership import events
from gymhopper.contracts.membership.events import MembershipState
from gymhopper.contracts.venues.events import LocationState

NOTHING_TO_SIGN: Mapping[UUID, tuple[Stop, ...]] = MappingProxyType({})

NOTICE_AFTER = timedelta(days=3)
"""Without news of a payment, a paid period that has run out shows a notice after this long."""

SILENCE_ENDS_ACCESS = timedelta(days=30)
"""And after this long the door closes: no right outlives the news of its payment for ever."""

CREDITS_LAST = timedelta(days=3660)
"""Credits that never expire are news for this long; every right has an end."""

FORGOTTEN_AFTER = timedelta(days=400)
"""An ended contract is kept this long, so that the door can say what has ended."""


def compile_person(
    states: Iterable[MembershipState],
    now: datetime,
    unsigned: Mapping[UUID, tuple[Stop, ...]] = NOTHING_TO_SIGN,
    booked: Iterable[Grant] = (),
) -> Person:
    """The person's grants out of all memberships that the person holds, and those `booked`.

    `unsigned` are the stretches in which a waiver of an organisation is not signed.
    """
    grants = [
        grant
        for each in states
        if (grant := compile_grant(each, now, unsigned.get(each.organisation_id, ()))) is not None
    ]
    grants.extend(booked)
    grants.sort(key=lambda grant: grant.grant_id)
    return Person(grants=tuple(grants))


def compile_grant(
    state: MembershipState, now: datetime, unsigned: tuple[Stop, ...] = ()
) -> Grant | None:
    """The grant of one membership; None while it opens nothing and explains nothing.

    The door follows the contract (its start and end), the debt (a notice while it is young, no
    entry once it is old) and the overlays, each by its own dates, so it needs no timer to be right.
    """
    if state.contract == "pending" or state.start is None:
        return None
    if state.end is not None and state.end + FORGOTTEN_AFTER < now:
        return None
    soft_until, hard_until, end_code = _ends(state)
    policy, _ = encode_coverage(state.coverage)
    return Grant(
        grant_id=state.membership_id.bytes,
        membership_id=state.membership_id.bytes,
        organisation_id=state.organisation_id.bytes,
        policy=policy,
        zone=state.zone,
        start=milliseconds(state.start),
        soft_until=soft_until,
        hard_until=hard_until,
        end_code=end_code,
        stops=(*_stops(state), *unsigned),
        kind=_kind(state),
        credits=state.credits,
        homes=tuple(
            Home(each.location_id.bytes, milliseconds(each.start)) for each in _homes(state, now)
        ),
        cycle=None if state.cycle is None else _cycle(state.cycle),
        host=_host(state),
    )


def _host(state: MembershipState) -> bytes | None:
    hosted = state.hosted
    return hosted.person_id.bytes if hosted is not None and hosted.host_inside else None


def _homes(state: MembershipState, now: datetime) -> Iterable[events.Home]:
    """The present home and those that come after it."""
    begun = [each for each in state.homes if each.start <= now]
    return (*begun[-1:], *(each for each in state.homes if each.start > now))


def _cycle(cycle: events.Cycle) -> Cycle:
    return Cycle(cycle.first_day.toordinal(), cycle.interval, cycle.count)


def _kind(state: MembershipState) -> GrantKind:
    if state.hosted is not None:
        return GrantKind.GUEST
    if state.credits is not None:
        return GrantKind.CREDIT
    return GrantKind.ALLOWANCE if state.coverage.limits else GrantKind.UNLIMITED


def _ends(state: MembershipState) -> tuple[Instant, Instant, str]:
    """From when a notice is given, from when nothing is admitted, and what is answered then."""
    assert state.start is not None  # noqa: S101 - compile_grant has looked
    paid_until = (state.paid_until or state.start) + _frozen_for(state)
    if state.credits is not None:
        # Nothing more is paid for credits: they last until they are used up, or their end.
        paid_until = state.end or state.start + CREDITS_LAST
    hard, code = paid_until + SILENCE_ENDS_ACCESS, "PAYMENT_PAST_DUE"
    if state.end is not None and state.end <= hard:
        hard = state.end
        cancelled = state.end_reason in {None, "cancelled", "withdrawn", "terminated"}
        code = "MEMBERSHIP_CANCELLED" if cancelled else "MEMBERSHIP_EXPIRED"
        if state.hosted is not None:
            code = "GUEST_PASS_EXPIRED"
    soft = paid_until + NOTICE_AFTER
    if state.overdue_since is not None:
        soft = min(soft, state.overdue_since)
    return milliseconds(min(soft, hard)), milliseconds(hard), code


def _frozen_for(state: MembershipState) -> timedelta:
    """How long nothing was collected: such a freeze moves the end of what was paid.

    One without an end refuses by itself for as long as it lasts.
    """
    return sum(
        (
            FORGOTTEN_AFTER if each.until is None else each.until - each.start
            for each in state.overlays
            if each.kind == "freeze" and each.stops_billing
        ),
        timedelta(),
    )


def _stops(state: MembershipState) -> Iterable[Stop]:
    if state.no_entry_from is not None:
        yield Stop("PAYMENT_PAST_DUE", milliseconds(state.no_entry_from))
    if state.sponsor_suspended_at is not None:
        yield Stop("SPONSOR_SUSPENDED", milliseconds(state.sponsor_suspended_at))
    for each in state.overlays:
        if not each.stops_access:
            continue
        yield Stop(
            "MEMBERSHIP_FROZEN" if each.kind == "freeze" else "PERSON_BLOCKED",
            milliseconds(each.start),
            None if each.until is None else milliseconds(each.until),
        )


def compile_door(door: Door, location: LocationState) -> DoorRecord:
    """A door with what a decision needs of its location."""
    return DoorRecord(
        location_id=location.location_id.bytes,
        organisation_id=location.organisation_id.bytes,
        area_id=None if door.area_id is None else door.area_id.bytes,
        city=location.city,
        tier=location.tier,
        zone=location.zone,
        rollover_hour=location.rollover_hour,
        hours=location.hours,
        exceptions={date.fromisoformat(x.date).toordinal(): x.open for x in location.exceptions},
        # Nobody comes into a place that was given up, whatever its doors were last told.
        mode=door.mode if location.status == "open" else "out_of_service",
        direction=door.direction,
        reports_passage=door.reports_passage,
        debounce=door.debounce_seconds,
        same_visit=door.same_visit_seconds,
        hold=door.hold_seconds,
        accepts=tuple(door.accepts),
    )
