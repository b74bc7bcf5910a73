"""What came of an admission: the person passed, or did not."""

from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.access.domain import usage as using
from gymhopper.contexts.access.domain.records import Id, milliseconds
from gymhopper.contexts.access.domain.usage import Spending, Usage
from gymhopper.contexts.access.gate.journal import JournalEntry, encode_entry
from gymhopper.contexts.access.gate.ports import (
    DEVICE,
    PENDING,
    PENDING_SECONDS,
    SESSION,
    USAGE,
    VERSION_BYTES,
    State,
    Write,
    version_of,
)
from gymhopper.contexts.access.gate.sessions import DeviceSessions, session_hash
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import Conflict, NotFound, Unavailable

ATTEMPTS = 16

Result = Literal["passed", "not_passed"]


class Pending(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An admission at a door that reports passages; `result` is what was reported.

    `person_id` stays the first field: stores find the person by its place in the bytes.
    """

    person_id: Id
    device_id: Id
    door_id: Id
    location_id: Id
    host_organisation_id: Id
    visit_id: Id
    spending: Spending
    home_organisation_id: Id | None = None
    result: Result | None = None


encode_pending = msgspec.msgpack.Encoder().encode
_decode_pending = msgspec.msgpack.Decoder(Pending).decode
_decode_usage = msgspec.msgpack.Decoder(Usage).decode
_encode_usage = msgspec.msgpack.Encoder().encode
_encode_answer = msgspec.json.Encoder().encode


class PassageRequest(msgspec.Struct, frozen=True):
    """The outcome of an allowed scan."""

    decision_id: UUID
    outcome: Result


class PassageAnswer(msgspec.Struct, frozen=True):
    """What is on record now."""

    decision_id: UUID
    outcome: Result
    visit_id: UUID


class Passage:
    """Converts or releases what a decision held."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._sessions = DeviceSessions()

    async def __call__(self, token: bytes, request: PassageRequest, correlation_id: str) -> bytes:
        """The answer as JSON; a report that is repeated changes nothing.

        A passage that is seen after its hold ran out is counted still: it happened. Raises
        Unauthenticated or Forbidden about the device, NotFound for a decision that is not this
        device's or does not wait for a passage, Conflict for "not passed" after "passed",
        Unavailable when the state is away, not ready, or kept moving.
        """
        for _ in range(ATTEMPTS):
            answer = await self._try(session_hash(token), request, correlation_id)
            if answer is not None:
                return answer
        raise Unavailable("the state kept moving; report again")

    async def _try(
        self, session: bytes, request: PassageRequest, correlation_id: str
    ) -> bytes | None:
        decision_id = request.decision_id.bytes
        view = await self._state.look_up_passage(session, decision_id)
        if view.ready is None:
            raise Unavailable("this cell has no complete snapshot yet")
        at = milliseconds(self._clock.now())
        caller = self._sessions.authenticate(view.session, view.device, at)
        pending = None if view.pending is None else _decode_pending(view.pending)
        if view.pending is None or pending is None or pending.device_id != caller.device_id:
            raise NotFound("no such decision waits for a passage here", field="decision_id")
        answer = _encode_answer(
            PassageAnswer(request.decision_id, request.outcome, UUID(bytes=pending.visit_id))
        )
        if pending.result == request.outcome:
            return answer
        if pending.result == "passed":
            raise Conflict("this passage was reported already", field="outcome")
        before = Usage()
        if view.usage is not None:
            before = _decode_usage(memoryview(view.usage)[VERSION_BYTES:])
        passed = request.outcome == "passed"
        counted = passed and not using.happened(before, pending.visit_id)
        if passed:
            after = using.convert(before, pending.visit_id, pending.spending, at)
        else:
            after = using.release(before, decision_id)
        number = int.from_bytes(version_of(view.usage), "big") + 1
        entry = JournalEntry(
            kind="passage",
            decision_id=decision_id,
            at=at,
            device_id=caller.device_id,
            door_id=pending.door_id,
            location_id=pending.location_id,
            host_organisation_id=pending.host_organisation_id,
            outcome="allow",
            code="PASSED" if passed else "NOT_PASSED",
            correlation_id=correlation_id,
            person_id=pending.person_id,
            home_organisation_id=pending.home_organisation_id,
            membership_id=pending.spending.membership,
            visit_id=pending.visit_id,
            spending=pending.spending,
            counted=counted,
        )
        committed = await self._state.commit(
            [
                (SESSION + session, view.session or b""),
                (DEVICE + caller.device_id, version_of(view.device)),
                (PENDING + decision_id, view.pending),
                (USAGE + pending.person_id, version_of(view.usage)),
            ],
            [
                Write(
                    USAGE + pending.person_id,
                    number.to_bytes(VERSION_BYTES, "big") + _encode_usage(after),
                ),
                Write(
                    PENDING + decision_id,
                    encode_pending(msgspec.structs.replace(pending, result=request.outcome)),
                    PENDING_SECONDS,
                ),
            ],
            encode_entry(entry),
        )
        return answer if committed else None
