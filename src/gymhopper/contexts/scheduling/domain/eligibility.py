"""Whether somebody may book a class, on which membership, and why not.

Debts, blocks, holds and windows are judged now; coverage, freezes, terms, ages and what has to be
signed at the time of the class. Pure: the same question has the same answer, for a booking, for a
promotion from the waitlist, and for what a timetable shows.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.scheduling.domain import limits
from gymhopper.contexts.scheduling.domain.limits import Use
from gymhopper.contexts.scheduling.domain.refusals import Code, Refusal, Verdict
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.rules import BookingRules
from gymhopper.contracts.membership.covering import refusal as not_covered
from gymhopper.contracts.membership.credits.lots import LotLeft, in_order_of_use
from gymhopper.contracts.membership.state import MembershipState
from gymhopper.kernel.calendar import local, within

_NO_BOOKING = frozenset({"no_booking", "no_entry", "terminate"})


class Where(msgspec.Struct, frozen=True):
    """The place of a class, as coverage rules ask for it, with its day."""

    location_id: UUID
    organisation_id: UUID
    area_id: UUID | None
    city: str
    tier: int
    zone: str
    rollover_hour: int


class Occasion(msgspec.Struct, frozen=True):
    """What somebody wants to come to."""

    class_id: UUID
    class_type_id: UUID
    where: Where
    start: datetime
    until: datetime
    credits: int
    requirements: Requirements
    rules: BookingRules
    cancelled: bool = False
    staffed: bool = True

    @property
    def use(self) -> Use:
        """How it counts against limits."""
        where = self.where
        return Use(
            self.start,
            where.location_id,
            where.organisation_id,
            where.zone,
            where.rollover_hour,
        )


class Reserved(msgspec.Struct, frozen=True):
    """Credits that a booking takes and of which the ledger has not told yet."""

    class_type_id: UUID
    at: datetime
    credits: int


class Held(msgspec.Struct, frozen=True):
    """A membership, with what is left of it: credits by lots, and what counts against limits."""

    member_id: UUID
    state: MembershipState
    lots: tuple[LotLeft, ...] = ()
    reserved: tuple[Reserved, ...] = ()
    used: tuple[Use, ...] = ()


class Engagement(msgspec.Struct, frozen=True):
    """A booking that somebody has, of a class that is not over, or an appointment: of no class."""

    booking_id: UUID
    class_id: UUID | None
    status: Literal["booked", "waiting", "offered", "attended", "missed"]
    start: datetime
    until: datetime


class Booker(msgspec.Struct, frozen=True):
    """What has to be known of a person to answer."""

    person_id: UUID
    held: tuple[Held, ...] = ()
    engagements: tuple[Engagement, ...] = ()
    held_until: datetime | None = None
    levels: Mapping[str, int] = {}
    age: int | None = None
    unsigned: bool = False


class Eligible(msgspec.Struct, frozen=True):
    """What a booking may rest on; `over` are refusals that somebody is allowed to book over."""

    held: Held | None
    credits: int
    over: tuple[Code, ...] = ()


def judge(
    booker: Booker,
    occasion: Occasion,
    now: datetime,
    *,
    wanted: UUID | None = None,
    over: frozenset[Code] = frozenset(),
    promotes: UUID | None = None,
    guest: bool = False,
) -> Eligible | Refusal:
    """Whether the person may have a place, or stand in line for one.

    `wanted` is the membership to use, else the cheapest for the member is found. `over` are codes
    that do not stop whoever books. `promotes` is a booking that waits and is not in its own way.
    A `guest` comes on nothing of their own, whatever they hold, and so does everybody to what needs
    no membership; a block keeps them out even so.
    """
    passed: list[Code] = []
    verdicts = [
        Verdict(each.state.membership_id, _verdict(each, occasion, now)) for each in booker.held
    ]
    shown = tuple(verdicts)
    for code, from_ in _personal(booker, occasion, now, promotes):
        if code not in over:
            return Refusal(code, from_, shown)
        passed.append(code)
    if guest:
        if any(_blocked(each.state, now) for each in booker.held):
            return Refusal("EXCLUDED", None, shown)
        return Eligible(None, 0, (*passed, "NO_MEMBERSHIP"))
    usable = [
        each
        for each, verdict in zip(booker.held, verdicts, strict=True)
        if verdict.code is None and wanted in {None, each.state.membership_id}
    ]
    if usable:
        best = min(usable, key=_cheapest)
        takes = occasion.credits if best.state.credits is not None else 0
        return Eligible(best, takes, tuple(passed))
    named = [x for x in verdicts if wanted in {None, x.membership_id}]
    codes: list[Code] = [x.code for x in named if x.code is not None]
    code = max(codes, key=_FURTHEST.__getitem__, default="NO_MEMBERSHIP")
    if code in over:
        for each in booker.held:
            # Whatever else is wrong with it hides neither a block nor a debt.
            barred = _barred(each.state, now)
            if barred is not None and barred not in over:
                return Refusal(barred, None, shown)
        return Eligible(None, 0, (*passed, code))
    return Refusal(code, None, shown)


_ORDER: tuple[Code, ...] = (
    "NO_MEMBERSHIP",
    "NOT_COVERED",
    "TIER_TOO_LOW",
    "WILL_EXPIRE",
    "STARTS_LATER",
    "FROZEN",
    "PAST_DUE",
    "EXCLUDED",
    "USAGE_LIMIT_REACHED",
    "DAILY_LIMIT_REACHED",
    "NO_CREDITS",
)
_FURTHEST: dict[Code, int] = {code: place for place, code in enumerate(_ORDER)}
"""Of several memberships the one that got furthest says why."""


def _personal(
    booker: Booker, occasion: Occasion, now: datetime, promotes: UUID | None
) -> Iterable[tuple[Code, datetime | None]]:
    """What is in the way whatever is held."""
    rules, requirements = occasion.rules, occasion.requirements
    if occasion.cancelled or now >= occasion.start:
        yield "WINDOW_CLOSED", None
        return
    others = [each for each in booker.engagements if each.booking_id != promotes]
    if any(each.class_id == occasion.class_id for each in others):
        yield "ALREADY_BOOKED", None
    if promotes is None:
        opens = rules.opens_at(occasion.start, occasion.where.zone)
        if opens is not None and now < opens:
            yield "WINDOW_NOT_OPEN", opens
        if now >= rules.closes_at(occasion.start):
            yield "WINDOW_CLOSED", None
    if booker.held_until is not None and now < booker.held_until:
        yield "BOOKING_HELD", booker.held_until
    if not _age_fits(booker.age, requirements, staffed=occasion.staffed):
        yield "AGE_RESTRICTED", None
    if requirements.waivers and booker.unsigned:
        yield "WAIVER_REQUIRED", None
    level = requirements.level
    if level is not None and booker.levels.get(level.discipline, 0) < level.at_least:
        yield "LEVEL_REQUIRED", None
    if not rules.overlapping and any(_clashes(each, occasion) for each in others):
        yield "OVERLAPPING_BOOKING", None
    classes = [each for each in others if each.class_id is not None]
    if rules.most_open is not None and len(classes) >= rules.most_open:
        yield "TOO_MANY_BOOKINGS", None


def _clashes(engagement: Engagement, occasion: Occasion) -> bool:
    """A place at the same time; who only stands in line elsewhere may do both."""
    return (
        engagement.status != "waiting"
        and engagement.class_id != occasion.class_id
        and engagement.start < occasion.until
        and occasion.start < engagement.until
    )


def _age_fits(age: int | None, asked: Requirements, *, staffed: bool) -> bool:
    if not asked.by_age:
        return True
    if age is None:
        return False
    return (
        (asked.minimum_age is None or age >= asked.minimum_age)
        and (asked.maximum_age is None or age <= asked.maximum_age)
        and (asked.staffed_below is None or age >= asked.staffed_below or staffed)
    )


def _verdict(held: Held, occasion: Occasion, now: datetime) -> Code | None:
    """Why this membership cannot be used for the class."""
    state, coverage = held.state, held.state.coverage
    home = None
    for each in state.homes:
        if each.start <= occasion.start:
            home = each.location_id
    refused = not_covered(coverage, occasion.where, home)
    if refused is not None:
        return "TIER_TOO_LOW" if refused == "TIER_TOO_LOW" else "NOT_COVERED"
    if coverage.class_types is not None and occasion.class_type_id not in coverage.class_types:
        return "NOT_COVERED"
    if coverage.hours is not None and not within(
        coverage.hours, local(occasion.start, occasion.where.zone)
    ):
        return "NOT_COVERED"
    if state.contract == "ended" or (state.end is not None and state.end <= occasion.start):
        return "WILL_EXPIRE"
    if state.contract == "pending" or state.start is None or state.start > occasion.start:
        return "STARTS_LATER"
    stopped = _stopped(state, occasion.start, now)
    if stopped is not None:
        return stopped
    used = (each for each in held.used if occasion.rules.missed_counts or not each.missed)
    full = limits.reached(state, occasion.use, used)
    if full is not None:
        return full
    if state.credits is not None and credits_left(held, occasion) < occasion.credits:
        return "NO_CREDITS"
    return None


def rests_at(state: MembershipState, start: datetime) -> bool:
    """Whether the membership is frozen or over at that time, so that what was booked on it for then
    is given up."""
    return (
        state.contract == "ended"
        or (state.end is not None and state.end <= start)
        or any(
            each.kind == "freeze"
            and each.stops_access
            and each.start <= start
            and (each.until is None or start < each.until)
            for each in state.overlays
        )
    )


def _stopped(state: MembershipState, start: datetime, now: datetime) -> Code | None:
    for each in state.overlays:
        at = start if each.kind == "freeze" else now
        if each.stops_access and each.start <= at and (each.until is None or at < each.until):
            return "FROZEN" if each.kind == "freeze" else "EXCLUDED"
    return _barred(state, now)


def _barred(state: MembershipState, now: datetime) -> Code | None:
    """What stops the person whatever the membership is good for."""
    if _blocked(state, now):
        return "EXCLUDED"
    if any(each.stage in _NO_BOOKING and each.at <= now for each in state.debt_stages):
        return "PAST_DUE"
    if state.no_entry_from is not None and state.no_entry_from <= now:
        return "PAST_DUE"
    if state.sponsor_suspended_at is not None and state.sponsor_suspended_at <= now:
        return "PAST_DUE"
    return None


def _blocked(state: MembershipState, now: datetime) -> bool:
    return any(
        each.kind != "freeze"
        and each.stops_access
        and each.start <= now
        and (each.until is None or now < each.until)
        for each in state.overlays
    )


def credits_left(held: Held, occasion: Occasion) -> int:
    """How many credits could pay for the class, with all that is reserved and not yet told."""
    left = {each.lot_id: each.left for each in held.lots}
    order = in_order_of_use(held.lots)
    for each in held.reserved:
        wanted = each.credits
        for lot in order:
            if wanted and lot.pays_for(each.class_type_id, each.at):
                taken = min(wanted, left[lot.lot_id])
                left[lot.lot_id] -= taken
                wanted -= taken
    return sum(
        left[lot.lot_id] for lot in order if lot.pays_for(occasion.class_type_id, occasion.start)
    )


def _cheapest(held: Held) -> tuple[int, bool, datetime | None, UUID]:
    """What costs the member least comes first, then what is lost first."""
    state = held.state
    kind = 2 if state.credits is not None else 1 if state.coverage.limits else 0
    return kind, state.end is None, state.end, state.membership_id
