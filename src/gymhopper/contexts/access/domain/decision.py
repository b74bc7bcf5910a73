"""The decision: who may pass which door now, and why.

`decide` is one pure function. The gate, the edge box, the front desk, the member's app and replays
of history all ask it, so a rule is written once. It does no I/O, never raises on values of the
right types, and gives the same answer to the same question.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from gymhopper.contexts.access.domain import usage as using
from gymhopper.contexts.access.domain.codes import ALLOWED
from gymhopper.contexts.access.domain.coverage import Policy
from gymhopper.contexts.access.domain.grants import (
    HOST_REQUIRED,
    Considered,
    Question,
    cheapest_first,
    consider,
    credits_left,
    furthest,
    spend,
)
from gymhopper.contexts.access.domain.hours import is_open, visit_day, wall_time
from gymhopper.contexts.access.domain.records import (
    Credential,
    Door,
    Grant,
    GrantKind,
    Id,
    Instant,
    Person,
    milliseconds,
)
from gymhopper.contexts.access.domain.usage import Hold, LastAnswer, Spending, Usage, Visit

Outcome = Literal["allow", "deny", "refer"]

EXPIRES_SOON_WITHIN = 7 * using.DAY
_ENDS = ("MEMBERSHIP_EXPIRED", "MEMBERSHIP_CANCELLED")


class Scan(msgspec.Struct, frozen=True, gc=False):
    """One presentation of a credential at a door.

    `decision_id` is fresh; a first admission uses it as the id of the visit, too. `well_formed` is
    False when the value could not be a credential of its kind.
    """

    decision_id: Id
    door_id: Id
    kind: str
    well_formed: bool = True


class State(msgspec.Struct, frozen=True, gc=False):
    """What is known when a scan is decided; None is what the cell does not hold.

    `policies` holds the compiled policies of the person's grants by hash. `basis` are the versions
    of everything below, packed: while it stands, a door may repeat its answer. `hosts` holds the
    usages of those whose guest the person is, where these have to come first.
    """

    door: Door
    credential: Credential | None
    person: Person | None
    policies: Mapping[bytes, Policy]
    usage: Usage
    basis: bytes
    hosts: Mapping[Id, Usage] = {}


class Decision(msgspec.Struct, frozen=True, gc=False):
    """An answer and what follows from it.

    `open` says whether the door should be released now: not for a denial, nor for a repeated
    answer after the person went through. `usage` is the person's usage afterwards (None: as it
    was). `spending` says where an allowed visit counts, `hold_until` that it waits for the passage
    to be seen, `counts_now` that it was counted with the decision; a visit that was counted before
    is neither. `repeats` marks an answer given again.
    """

    outcome: Outcome
    code: str
    decision_id: Id
    at: Instant
    notices: tuple[str, ...] = ()
    visit_id: Id | None = None
    grant: Grant | None = None
    considered: tuple[Considered, ...] = ()
    tier_needed: int | None = None
    open: bool = False
    usage: Usage | None = None
    spending: Spending | None = None
    hold_until: Instant | None = None
    counts_now: bool = False
    repeats: bool = False


def decide(state: State, scan: Scan, now: datetime) -> Decision:
    """Answer a scan.

    The first rule that refuses wins: state of the door, a recent answer to repeat, the credential,
    the person, the grants. All grants are tried, any that passes admits, the cheapest for the
    member is used; when none passes, the code of the one that got furthest is reported. Exits are
    always allowed.
    """
    at = milliseconds(now)
    if state.door.direction == "exit":
        return Decision("allow", ALLOWED, scan.decision_id, at, open=True)
    code = _door_refusal(state.door)
    if code is None:
        repeated = _repeat(state, scan, at)
        if repeated is not None:
            return repeated
        code = _credential_refusal(state, scan, at) or _person_refusal(state.person, at)
    if code is not None:
        return _refuse(state, scan, at, code)
    return _decide_by_grants(state, scan, at)


def _door_refusal(door: Door) -> str | None:
    if door.mode == "normal":
        return None
    return "DOOR_LOCKDOWN" if door.mode == "lockdown" else "DOOR_OUT_OF_SERVICE"


def _repeat(state: State, scan: Scan, at: Instant) -> Decision | None:
    """The door's recent answer to this credential, unless a right changed since."""
    credential = state.credential
    if credential is None:
        return None
    for answer in state.usage.answers:
        if (
            answer.door_id == scan.door_id
            and answer.credential_id == credential.credential_id
            and answer.basis == state.basis
            and answer.at <= at < answer.reuse_until
        ):
            return Decision(
                answer.outcome,
                answer.code,
                answer.decision_id,
                answer.at,
                notices=(*answer.notices, "DUPLICATE_SCAN"),
                visit_id=answer.visit_id,
                tier_needed=answer.tier_needed,
                open=answer.outcome == "allow" and not answer.passed,
                repeats=True,
            )
    return None


def _credential_refusal(state: State, scan: Scan, at: Instant) -> str | None:
    if not scan.well_formed:
        return "CREDENTIAL_MALFORMED"
    if scan.kind not in state.door.accepts:
        return "CREDENTIAL_TYPE_NOT_ALLOWED"
    credential = state.credential
    if credential is None:
        return "CREDENTIAL_UNKNOWN"
    if credential.revoked:
        return "CREDENTIAL_REVOKED"
    if credential.start is not None and at < credential.start:
        return "CREDENTIAL_NOT_YET_VALID"
    if credential.until is not None and at >= credential.until:
        return "CREDENTIAL_EXPIRED"
    return None


def _person_refusal(person: Person | None, at: Instant) -> str | None:
    if person is None:
        return "NO_ENTITLEMENT"
    for block in person.blocks:
        if block.at(at):
            return block.code
    return None if person.grants else "NO_ENTITLEMENT"


def _decide_by_grants(state: State, scan: Scan, at: Instant) -> Decision:
    door, person = state.door, state.person
    wall = wall_time(at, door.zone)
    if wall is None or person is None:
        return _refuse(state, scan, at, "SYSTEM_ERROR")
    question = Question(
        door,
        state.policies,
        state.usage,
        at,
        wall,
        visit_day(wall, door.rollover_hour),
        is_open(door, wall),
        using.visit_within(state.usage, door.location_id, door.same_visit, at),
        using.open_hold(state.usage, scan.door_id, at),
        state.hosts,
    )
    grants = person.grants
    if len(grants) > 1:
        grants = tuple(sorted(grants, key=cheapest_first))
    considered = tuple([consider(grant, question) for grant in grants])
    for each in considered:
        if each.code is None:
            return _admit(state, scan, question, each.grant, considered)
    refused = furthest(considered)
    return _refuse(state, scan, at, refused.code or "SYSTEM_ERROR", considered)


def _refuse(
    state: State, scan: Scan, at: Instant, code: str, considered: tuple[Considered, ...] = ()
) -> Decision:
    """Deny, and remember it for the debounce window."""
    tier_needed = state.door.tier if code == "TIER_TOO_LOW" else None
    usage = None
    if state.credential is not None:
        answer = LastAnswer(
            door_id=scan.door_id,
            credential_id=state.credential.credential_id,
            basis=state.basis,
            at=at,
            # The host may come the moment after.
            reuse_until=at if code == HOST_REQUIRED else at + state.door.debounce * 1000,
            outcome="deny",
            code=code,
            notices=(),
            decision_id=scan.decision_id,
            visit_id=None,
            tier_needed=tier_needed,
            passed=False,
        )
        usage = using.moved_on(state.usage, at, answer=answer)
    return Decision(
        "deny",
        code,
        scan.decision_id,
        at,
        considered=considered,
        tier_needed=tier_needed,
        usage=usage,
    )


def _admit(
    state: State,
    scan: Scan,
    question: Question,
    grant: Grant,
    considered: tuple[Considered, ...],
) -> Decision:
    """Let the person in on a grant: find the visit it belongs to, hold or count it, remember it."""
    door, at, visit, held = question.door, question.at, question.visit, question.held
    notices = _notices(grant, question)
    if visit is not None:
        visit_id = visit.visit_id
    else:
        # Who is answered again while the door still waits has not entered in between.
        visit_id = held.visit_id if held is not None else scan.decision_id
    spending = spend(grant, question.policies[grant.policy], question)
    if spending is None:
        # Nothing is limited where the contract's own calendar is unknown: the place's will do.
        spending = Spending(
            grant.membership_id,
            door.location_id,
            door.organisation_id,
            question.day,
            question.wall.month,
            grant.credits is not None,
            booking_id=grant.booking_id,
        )
    hold, hold_until, new_visit = None, None, None
    if door.reports_passage:
        hold_until = at + door.hold * 1000
        if visit is None:
            hold = Hold(visit_id, scan.decision_id, scan.door_id, hold_until, spending)
    else:
        new_visit = Visit(door.location_id, visit_id, at)
    answer = None
    if state.credential is not None:
        answer = LastAnswer(
            door_id=scan.door_id,
            credential_id=state.credential.credential_id,
            basis=state.basis,
            at=at,
            reuse_until=min(at + door.debounce * 1000, _rights_stand_until(state, grant, at)),
            outcome="allow",
            code=ALLOWED,
            notices=notices,
            decision_id=scan.decision_id,
            visit_id=visit_id,
            tier_needed=None,
            passed=hold_until is None,
        )
    return Decision(
        "allow",
        ALLOWED,
        scan.decision_id,
        at,
        notices=notices,
        visit_id=visit_id,
        grant=grant,
        considered=considered,
        open=True,
        usage=using.moved_on(
            question.usage, at, answer=answer, hold=hold, visit=new_visit, spending=spending
        ),
        spending=spending,
        hold_until=hold_until,
        counts_now=visit is None and hold_until is None,
    )


def _notices(grant: Grant, question: Question) -> tuple[str, ...]:
    notices: tuple[str, ...] = ()
    if question.at >= grant.soft_until:
        notices = ("PAYMENT_GRACE",)
    elif grant.end_code in _ENDS and grant.hard_until - question.at < EXPIRES_SOON_WITHIN:
        notices = ("EXPIRES_SOON",)
    if question.visit is not None:
        return (*notices, "SAME_VISIT")
    if grant.kind is GrantKind.CREDIT and credits_left(grant, question) == 1:
        return (*notices, "LAST_CREDIT")
    return notices


def _rights_stand_until(state: State, grant: Grant, at: Instant) -> Instant:
    """The first instant at which time alone may turn this admission into a refusal."""
    until = grant.hard_until
    for stop in grant.stops:
        if at < stop.start < until:
            until = stop.start
    if state.person is not None:
        for block in state.person.blocks:
            if at < block.start < until:
                until = block.start
    credential = state.credential
    if credential is not None and credential.until is not None and credential.until < until:
        until = credential.until
    return until
