"""What a person used up: visits counted, visits held, and what doors answered lately.

A usage is one small value per person that only commits change. It keeps facts, not the state of
rules: how many visits a membership had on a day and in a month at each location. A quota that is
changed in the middle of a month therefore counts rightly from its first moment. Weeks and a
contract's own periods are counted where its coverage asks for them: a value that every scan reads
and writes stays small.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Literal

import msgspec

from gymhopper.contexts.access.domain.records import Id, Instant, Record, moment

DAY = 86_400_000
HOUR = 3_600_000

EVER = 10**9
"""A period that is never over."""

Scope = Literal["network", "organisation", "location"]
Per = Literal["day", "week", "month", "period"]


class Spending(Record, frozen=True, array_like=True, gc=False):
    """Where and when a visit counts: local day of the location, month of the contract's zone.

    `credit` tells that it uses up a credit, and so counts for as long as there are any. `week` and
    `cycle` are the first days (ordinals) after the week and after the contract's period; 0 where
    these are not counted. `booking_id` is the booking that opened the door: where it rests on no
    membership, the visit counts for the booking itself.
    """

    membership_id: Id
    location_id: Id
    organisation_id: Id
    day: int
    month: int
    credit: bool = False
    week: int = 0
    cycle: int = 0
    booking_id: Id | None = None

    @property
    def membership(self) -> Id | None:
        """The membership that the visit was made on, if there is one."""
        return None if self.membership_id == self.booking_id else self.membership_id

    def period(self, per: Per) -> int:
        """The day, week, month or contract's period in which it counts."""
        if per == "day":
            return self.day
        if per == "month":
            return self.month
        return self.week if per == "week" else self.cycle


class Tally(Record, frozen=True, array_like=True, gc=False):
    """How many visits of a membership at one location fall into a period.

    A week and a contract's period are named by the first day after them. Credits are counted per
    `ever`, wherever they were used: the period is `EVER`, without a place.
    """

    membership_id: Id
    per: Literal["day", "week", "month", "period", "ever"]
    period: int
    location_id: Id
    organisation_id: Id
    visits: int


class Hold(Record, frozen=True, array_like=True, gc=False):
    """A visit that was allowed and has not been seen to happen. It counts until it expires."""

    visit_id: Id
    decision_id: Id
    door_id: Id
    expires: Instant
    spending: Spending


class Visit(Record, frozen=True, array_like=True, gc=False):
    """A visit of the last day, from its first admission."""

    location_id: Id
    visit_id: Id
    since: Instant


class LastAnswer(Record, frozen=True, array_like=True, gc=False):
    """What a door answered to a credential. `basis` are the versions that the answer rests on.

    It may be given again before `reuse_until`. `passed` is set when the person went through.
    """

    door_id: Id
    credential_id: Id
    basis: bytes
    at: Instant
    reuse_until: Instant
    outcome: Literal["allow", "deny", "refer"]
    code: str
    notices: tuple[str, ...]
    decision_id: Id
    visit_id: Id | None
    tier_needed: int | None
    passed: bool


class Usage(Record, frozen=True, array_like=True, gc=False):
    """All that is remembered of a person's use of doors."""

    tallies: tuple[Tally, ...] = ()
    holds: tuple[Hold, ...] = ()
    visits: tuple[Visit, ...] = ()
    answers: tuple[LastAnswer, ...] = ()


class PastVisit(msgspec.Struct, frozen=True):
    """A visit from the journal, from which a lost usage is made again."""

    visit_id: Id
    at: Instant
    spending: Spending


def used(  # noqa: PLR0913 - the six coordinates of a quota; a carrier object would only be unpacked
    usage: Usage,
    *,
    membership_id: Id,
    per: Per,
    period: int,
    scope: Scope,
    location_id: Id,
    organisation_id: Id,
    now: Instant,
    apart_from: Id | None = None,
) -> int:
    """Visits counted or held for a membership in a period, as seen from a place of the scope.

    A live hold of the visit `apart_from` is not counted: it is the visit being asked about.
    """

    location = location_id if scope == "location" else None
    organisation = organisation_id if scope == "organisation" else None
    visits = 0
    for tally in usage.tallies:
        if (
            tally.period == period
            and tally.per == per
            and tally.membership_id == membership_id
            and (organisation is None or tally.organisation_id == organisation)
            and (location is None or tally.location_id == location)
        ):
            visits += tally.visits
    for hold in usage.holds:
        spending = hold.spending
        if (
            hold.expires > now
            and hold.visit_id != apart_from
            and spending.membership_id == membership_id
            and period == spending.period(per)
            and (organisation is None or spending.organisation_id == organisation)
            and (location is None or spending.location_id == location)
        ):
            visits += 1
    return visits


def credits_used(
    usage: Usage, membership_id: Id, now: Instant, apart_from: Id | None = None
) -> int:
    """Credits of a membership that were ever used or are held; see `used`."""
    spent = 0
    for tally in usage.tallies:
        if tally.per == "ever" and tally.membership_id == membership_id:
            spent += tally.visits
    for hold in usage.holds:
        spending = hold.spending
        if (
            spending.credit
            and hold.expires > now
            and hold.visit_id != apart_from
            and spending.membership_id == membership_id
        ):
            spent += 1
    return spent


def with_credits(usage: Usage, spent: Iterable[tuple[Id, int]]) -> Usage:
    """The usage with so many credits used of each membership, in place of what it says of them."""
    tallies = [each for each in usage.tallies if each.per != "ever"]
    tallies += [Tally(each, "ever", EVER, b"", b"", units) for each, units in spent]
    return msgspec.structs.replace(usage, tallies=tuple(tallies))


def visit_within(usage: Usage, location_id: Id, window: int, now: Instant) -> Visit | None:
    """The visit to the location that began less than `window` seconds ago."""
    for visit in reversed(usage.visits):
        if visit.location_id == location_id and visit.since <= now < visit.since + window * 1000:
            return visit
    return None


def open_hold(usage: Usage, door_id: Id, now: Instant) -> Hold | None:
    """The live hold that waits for somebody to pass this door."""
    for hold in usage.holds:
        if hold.door_id == door_id and hold.expires > now:
            return hold
    return None


def happened(usage: Usage, visit_id: Id) -> bool:
    """Whether the visit was counted already."""
    return any(visit.visit_id == visit_id for visit in usage.visits)


def moved_on(
    usage: Usage,
    now: Instant,
    *,
    answer: LastAnswer | None = None,
    hold: Hold | None = None,
    visit: Visit | None = None,
    spending: Spending | None = None,
) -> Usage:
    """The usage after a decision, without what can no longer matter.

    An `answer` takes the place of the door's earlier one to the same credential, a `hold` that of
    an earlier one for the same visit. A `visit` with its `spending` happened: it is counted, once,
    however often this is said, and its hold is gone. Days and months are local, so a period is
    kept for two days after it ended in UTC.
    """
    day, month = _oldest_periods(now // DAY)
    tallies, holds, visits, answers = usage.tallies, usage.holds, usage.visits, usage.answers
    if visit is not None and spending is not None and not happened(usage, visit.visit_id):
        tallies = _counted(tallies, spending)
        visits = (*visits, visit)
    for tally in tallies:
        if tally.period < (month if tally.per == "month" else day):
            tallies = tuple(
                [each for each in tallies if each.period >= (month if each.per == "month" else day)]
            )
            break
    if holds:
        settled = hold.visit_id if hold else visit.visit_id if visit else None
        holds = tuple([each for each in holds if each.expires > now and each.visit_id != settled])
    if visits and visits[0].since <= now - DAY:
        visits = tuple([each for each in visits if each.since > now - DAY])
    if answers:
        answers = tuple([each for each in answers if _still_given(each, now, answer)])
    return Usage(
        tallies,
        holds if hold is None else (*holds, hold),
        visits,
        answers if answer is None else (*answers, answer),
    )


def convert(usage: Usage, visit_id: Id, spending: Spending, at: Instant) -> Usage:
    """A visit that was held happened: it is counted, and its answers do not open again."""
    after = moved_on(usage, at, visit=Visit(spending.location_id, visit_id, at), spending=spending)
    return msgspec.structs.replace(
        after,
        answers=tuple(
            [
                msgspec.structs.replace(each, passed=True) if each.visit_id == visit_id else each
                for each in after.answers
            ]
        ),
    )


def release(usage: Usage, decision_id: Id) -> Usage:
    """Nobody went through on that decision: its hold is gone, and it is not given again."""
    return msgspec.structs.replace(
        usage,
        holds=tuple(each for each in usage.holds if each.decision_id != decision_id),
        answers=tuple(each for each in usage.answers if each.decision_id != decision_id),
    )


def rebuilt(visits: Iterable[PastVisit], now: Instant) -> Usage:
    """The usage that these visits leave behind at `now`; each visit counts once."""
    usage = Usage()
    seen: set[Id] = set()
    for visit in sorted(visits, key=lambda each: (each.at, each.visit_id)):
        if visit.visit_id not in seen:
            seen.add(visit.visit_id)
            usage = convert(usage, visit.visit_id, visit.spending, visit.at)
    return moved_on(usage, now)


# Before any local day or month.
_NEVER = -(10**9)


@lru_cache(maxsize=8)
def _oldest_periods(today: int) -> tuple[int, int]:
    """The oldest local day and month that may still count on a day (UTC, days since 1970)."""
    try:
        day = moment((today - 2) * DAY)
    except OverflowError:
        return _NEVER, _NEVER
    return day.toordinal(), day.year * 12 + day.month - 1


def _still_given(answer: LastAnswer, now: Instant, newer: LastAnswer | None) -> bool:
    return answer.reuse_until > now and (
        newer is None
        or answer.door_id != newer.door_id
        or answer.credential_id != newer.credential_id
    )


def _counted(tallies: tuple[Tally, ...], spending: Spending) -> tuple[Tally, ...]:
    """With one visit more on the day, in the month, and in all other periods that it counts in."""
    membership, location = spending.membership_id, spending.location_id
    organisation = spending.organisation_id
    kept = []
    days = months = weeks = cycles = ever = 1
    for tally in tallies:
        if spending.credit and tally.per == "ever" and tally.membership_id == membership:
            ever += tally.visits
            continue
        if (
            tally.membership_id == membership
            and tally.location_id == location
            and tally.organisation_id == organisation
        ):
            if tally.per == "day" and tally.period == spending.day:
                days += tally.visits
                continue
            if tally.per == "month" and tally.period == spending.month:
                months += tally.visits
                continue
            if tally.per == "week" and tally.period == spending.week:
                weeks += tally.visits
                continue
            if tally.per == "period" and tally.period == spending.cycle:
                cycles += tally.visits
                continue
        kept.append(tally)
    if spending.credit:
        kept.append(Tally(membership, "ever", EVER, b"", b"", ever))
    if spending.week:
        kept.append(Tally(membership, "week", spending.week, location, organisation, weeks))
    if spending.cycle:
        kept.append(Tally(membership, "period", spending.cycle, location, organisation, cycles))
    return (
        *kept,
        Tally(membership, "day", spending.day, location, organisation, days),
        Tally(membership, "month", spending.month, location, organisation, months),
    )


def handed_over(usage: Usage, to: Usage, memberships: Collection[Id]) -> tuple[Usage, Usage]:
    """What is left of a usage, and the other one, after the latter took over these memberships.

    Visits that were counted or held go with the membership on which they were made; doing this
    again hands over nothing more.
    """
    going = [each for each in usage.tallies if each.membership_id in memberships]
    if not going and not any(each.spending.membership_id in memberships for each in usage.holds):
        return usage, to
    counts: dict[tuple[Any, ...], Tally] = {}
    for each in (*to.tallies, *going):
        key = (each.membership_id, each.per, each.period, each.location_id, each.organisation_id)
        visits = each.visits + (counts[key].visits if key in counts else 0)
        counts[key] = msgspec.structs.replace(each, visits=visits)
    held = [each for each in usage.holds if each.spending.membership_id in memberships]
    left = msgspec.structs.replace(
        usage,
        tallies=tuple(each for each in usage.tallies if each not in going),
        holds=tuple(each for each in usage.holds if each not in held),
    )
    return left, msgspec.structs.replace(
        to, tallies=tuple(counts.values()), holds=(*to.holds, *held)
    )
