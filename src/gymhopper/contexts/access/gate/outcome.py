"""What follows from a decision: the answer, what is written, and what it rests on."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain import decision as deciding
from gymhopper.contexts.access.domain.codes import explain
from gymhopper.contexts.access.domain.decision import Decision, Scan
from gymhopper.contexts.access.domain.records import Id, Instant, moment
from gymhopper.contexts.access.gate.journal import JournalEntry
from gymhopper.contexts.access.gate.passage import Pending, encode_pending
from gymhopper.contexts.access.gate.ports import (
    ANSWER,
    ANSWER_SECONDS,
    CREDENTIAL,
    DEVICE,
    DOOR,
    PENDING,
    PENDING_SECONDS,
    PERSON,
    SESSION,
    USAGE,
    VERSION_BYTES,
    ScanView,
    Write,
    version_of,
)
from gymhopper.contexts.access.gate.sessions import Authenticated

_encode_usage = msgspec.msgpack.Encoder().encode


class Presented(msgspec.Struct, frozen=True, gc=False):
    """What the reader read."""

    type: Literal["card", "pass"]
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class CheckInRequest(msgspec.Struct, frozen=True, gc=False):
    """A scan. `door_id` may be left out by a device with one door."""

    request_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    credential: Presented
    door_id: UUID | None = None


class CheckInAnswer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The decision for the door and the person in front of it.

    `open` says whether to release the door now, `message` is what the person may read, `remedy`
    what would help. A passage is reported with `decision_id`.
    """

    decision: Literal["allow", "deny", "refer"]
    code: str
    open: bool
    notices: tuple[str, ...] | list[str]
    message: str
    remedy: str
    decision_id: str
    visit_id: str | None
    door_id: str
    decided_at: datetime
    person_id: str | None = None
    tier_needed: int | None = None


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """A request with its hashes."""

    request: CheckInRequest
    session: bytes
    credential: bytes | None
    correlation_id: str


class Settled(msgspec.Struct, frozen=True, gc=False):
    """A decision with everything that it was made from."""

    attempt: Attempt
    view: ScanView
    caller: Authenticated
    state: deciding.State
    scan: Scan
    decision: Decision


def effects(
    settled: Settled, answer: bytes, at: Instant
) -> tuple[list[tuple[bytes, bytes]], list[Write]]:
    """What must not have moved for the decision to stand, and what is written when it stands."""
    attempt, view, decision = settled.attempt, settled.view, settled.decision
    device_id, door_id = settled.caller.device_id, settled.scan.door_id
    answer_key = ANSWER + device_id + attempt.request.request_id.encode()
    expected = [
        (answer_key, view.stored or b""),
        (SESSION + attempt.session, view.session or b""),
        (DEVICE + device_id, version_of(view.device)),
        (DOOR + door_id, version_of(view.door)),
    ]
    writes = [Write(answer_key, at.to_bytes(8, "big") + answer, ANSWER_SECONDS)]
    if attempt.credential is not None:
        expected.append((CREDENTIAL + attempt.credential, version_of(view.credential)))
    credential = settled.state.credential
    if credential is None:
        return expected, writes
    person_id = credential.person_id
    usage_key, usage_version = USAGE + person_id, version_of(view.usage)
    expected += ((PERSON + person_id, version_of(view.person)), (usage_key, usage_version))
    if decision.usage is not None:
        number = (int.from_bytes(usage_version, "big") + 1).to_bytes(VERSION_BYTES, "big")
        writes.append(Write(usage_key, number + _encode_usage(decision.usage)))
    if decision.hold_until is not None:
        writes.append(_pending_write(settled, person_id))
    return expected, writes


def _pending_write(settled: Settled, person_id: Id) -> Write:
    """What a report of the passage will look for."""
    decision, door = settled.decision, settled.state.door
    if decision.visit_id is None or decision.spending is None:
        raise ValueError("an admission that waits for a passage has a visit")
    pending = Pending(
        person_id=person_id,
        device_id=settled.caller.device_id,
        door_id=settled.scan.door_id,
        location_id=door.location_id,
        host_organisation_id=door.organisation_id,
        visit_id=decision.visit_id,
        spending=decision.spending,
        home_organisation_id=None if decision.grant is None else decision.grant.organisation_id,
    )
    return Write(PENDING + decision.decision_id, encode_pending(pending), PENDING_SECONDS)


def answer_of(settled: Settled) -> CheckInAnswer:
    decision, credential = settled.decision, settled.state.credential
    meaning = explain(decision.code)
    message = meaning.for_person
    if decision.tier_needed is not None:
        message = f"This location needs tier {decision.tier_needed}."
    decision_id, visit_id = uuid_text(decision.decision_id), None
    if decision.visit_id is not None:
        first = decision.visit_id == decision.decision_id
        visit_id = decision_id if first else uuid_text(decision.visit_id)
    return CheckInAnswer(
        decision=decision.outcome,
        code=decision.code,
        open=decision.open,
        notices=decision.notices,
        message=message,
        remedy=meaning.remedy,
        decision_id=decision_id,
        visit_id=visit_id,
        door_id=_door_text(settled.scan.door_id),
        decided_at=moment(decision.at),
        person_id=None if credential is None else uuid_text(credential.person_id),
        tier_needed=decision.tier_needed,
    )


def entry_of(settled: Settled) -> JournalEntry:
    decision, state, scan = settled.decision, settled.state, settled.scan
    attempt, grant, credential = settled.attempt, decision.grant, state.credential
    return JournalEntry(
        kind="decision",
        decision_id=scan.decision_id,
        at=decision.at,
        device_id=settled.caller.device_id,
        door_id=scan.door_id,
        location_id=state.door.location_id,
        host_organisation_id=state.door.organisation_id,
        outcome=decision.outcome,
        code=decision.code,
        notices=decision.notices,
        request_id=attempt.request.request_id,
        correlation_id=attempt.correlation_id,
        person_id=None if credential is None else credential.person_id,
        credential_id=None if credential is None else credential.credential_id,
        credential_kind=scan.kind,
        credential_hint=None if attempt.credential is None else attempt.credential[:4],
        home_organisation_id=None if grant is None else grant.organisation_id,
        membership_id=None if grant is None else grant.membership_id,
        grant_id=None if grant is None else grant.grant_id,
        policy=None if grant is None else grant.policy,
        visit_id=decision.visit_id,
        spending=decision.spending,
        counted=decision.counts_now,
        held_until=decision.hold_until,
        repeats=decision.decision_id if decision.repeats else None,
        considered=tuple(
            (each.grant.grant_id, each.code) for each in decision.considered if each.code
        ),
        versions=state.basis,
    )


def uuid_text(raw: Id) -> str:
    """The usual spelling of an id (RFC 9562), faster than through UUID."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_door_text = lru_cache(maxsize=4096)(uuid_text)
