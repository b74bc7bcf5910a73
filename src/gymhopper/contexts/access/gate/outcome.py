"""What follows from a decision: the answer, what is written, and what it rests on."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain import decision as deciding
from gymhopper.contexts.access.domain.codes import explain
from gymhopper.contexts.access.domain.decision import Decision, Scan
from gymhopper.contexts.access.domain.records import Id, Instant, moment
from gymhopper.contexts.access.gate.journal import JournalEntry, encode_entry
from gymhopper.contexts.access.gate.passage import Pending, encode_pending
from gymhopper.contexts.access.gate.ports import (
    VERSION_BYTES,
    ScanEffects,
    ScanKey,
    ScanView,
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
    notices: Sequence[str]
    message: str
    remedy: str
    decision_id: str
    visit_id: str | None
    door_id: str
    decided_at: datetime
    person_id: str | None = None
    tier_needed: int | None = None


class Settled(msgspec.Struct, frozen=True, gc=False):
    """A decision with everything that it was made from."""

    request: CheckInRequest
    key: ScanKey
    correlation_id: str
    view: ScanView
    caller: Authenticated
    state: deciding.State
    scan: Scan
    decision: Decision


def effects(settled: Settled, answer: bytes, at: Instant) -> ScanEffects:
    """What is stored when the decision stands."""
    decision = settled.decision
    usage = b""
    if decision.usage is not None:
        number = int.from_bytes(version_of(settled.view.usage), "big") + 1
        usage = number.to_bytes(VERSION_BYTES, "big") + _encode_usage(decision.usage)
    return ScanEffects(
        at.to_bytes(VERSION_BYTES, "big") + answer,
        encode_entry(_entry_of(settled)),
        usage,
        decision.decision_id,
        b"" if decision.hold_until is None else _pending(settled),
    )


def _pending(settled: Settled) -> bytes:
    """What a report of the passage will look for."""
    decision, door, credential = settled.decision, settled.state.door, settled.state.credential
    if decision.visit_id is None or decision.spending is None or credential is None:
        raise ValueError("an admission that waits for a passage has a person and a visit")
    return encode_pending(
        Pending(
            person_id=credential.person_id,
            device_id=settled.caller.device_id,
            door_id=settled.scan.door_id,
            location_id=door.location_id,
            host_organisation_id=door.organisation_id,
            visit_id=decision.visit_id,
            spending=decision.spending,
            home_organisation_id=(
                None if decision.grant is None else decision.grant.organisation_id
            ),
        )
    )


def answer_of(settled: Settled) -> CheckInAnswer:
    decision, credential = settled.decision, settled.state.credential
    message, remedy = _texts(decision.code, decision.tier_needed)
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
        remedy=remedy,
        decision_id=decision_id,
        visit_id=visit_id,
        door_id=_door_text(settled.scan.door_id),
        decided_at=moment(decision.at),
        person_id=None if credential is None else uuid_text(credential.person_id),
        tier_needed=decision.tier_needed,
    )


def _entry_of(settled: Settled) -> JournalEntry:
    decision, state, scan = settled.decision, settled.state, settled.scan
    grant, credential = decision.grant, state.credential
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
        request_id=settled.request.request_id,
        correlation_id=settled.correlation_id,
        person_id=None if credential is None else credential.person_id,
        credential_id=None if credential is None else credential.credential_id,
        credential_kind=scan.kind,
        credential_hint=settled.key.credential[:4] or None,
        home_organisation_id=None if grant is None else grant.organisation_id,
        membership_id=None if decision.spending is None else decision.spending.membership,
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


@lru_cache(maxsize=4096)
def _texts(code: str, tier_needed: int | None) -> tuple[str, str]:
    """What the person may read, and what would help."""
    meaning = explain(code)
    if tier_needed is not None:
        return f"This location needs tier {tier_needed}.", meaning.remedy
    return meaning.for_person, meaning.remedy
