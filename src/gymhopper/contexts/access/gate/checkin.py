"""A scan: look, decide, commit; look again when something moved in between."""

from collections.abc import Mapping

import msgspec

from gymhopper.contexts.access.domain import decision as deciding
from gymhopper.contexts.access.domain.coverage import Policy, compile_policy
from gymhopper.contexts.access.domain.credentials import credential_key
from gymhopper.contexts.access.domain.decision import Scan
from gymhopper.contexts.access.domain.records import (
    Credential,
    Door,
    Id,
    Instant,
    Person,
    milliseconds,
)
from gymhopper.contexts.access.domain.usage import Usage
from gymhopper.contexts.access.gate.ids import TimeOrderedIds
from gymhopper.contexts.access.gate.journal import encode_entry
from gymhopper.contexts.access.gate.outcome import (
    Attempt,
    CheckInRequest,
    Settled,
    answer_of,
    effects,
    entry_of,
)
from gymhopper.contexts.access.gate.ports import (
    ANSWER_SECONDS,
    POLICY,
    VERSION_BYTES,
    ScanView,
    State,
    payload_of,
    version_of,
)
from gymhopper.contexts.access.gate.sessions import DeviceSessions, session_hash
from gymhopper.contexts.access.gate.turns import Turns
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import InvalidInput, NotFound, Unavailable

ATTEMPTS = 16
_NOTHING = bytes(VERSION_BYTES)
_NO_USAGE = Usage()

_decode_person = msgspec.msgpack.Decoder(Person).decode
_decode_credential = msgspec.msgpack.Decoder(Credential).decode
_decode_door = msgspec.msgpack.Decoder(Door).decode
_decode_usage = msgspec.msgpack.Decoder(Usage).decode
_encode_answer = msgspec.json.Encoder().encode


class CheckIn:
    """Decides scans against a state.

    `secret` keys the hashes of credentials. Compiled policies never change under their hash, so
    they are kept; everything else is looked up for each scan.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        secret: bytes,
        *,
        keep_policies: int = 4096,
        keep_doors: int = 4096,
    ) -> None:
        self._state = state
        self._clock = clock
        self._secret = secret
        self._sessions = DeviceSessions()
        self._only_doors: dict[bytes, Id] = {}
        self._policies: dict[bytes, Policy] = {}
        self._keep_policies = keep_policies
        self._doors: dict[bytes, Door] = {}
        self._keep_doors = keep_doors
        self._turns = Turns()
        self._new_id = TimeOrderedIds()

    async def __call__(self, token: bytes, request: CheckInRequest, correlation_id: str) -> bytes:
        """The answer as JSON.

        Raises Unauthenticated or Forbidden about the device, InvalidInput and NotFound about the
        door, Unavailable when the state is away, not ready, or kept moving.
        """
        kind, value = request.credential.type, request.credential.value
        key = credential_key(self._secret, kind, value)
        attempt = Attempt(request, session_hash(token), key, correlation_id)
        answer = await self._try(attempt)
        if answer is not None:
            return answer
        # Scans of one credential that got in each other's way wait for their turn.
        async with self._turns.of(key or attempt.session):
            for _ in range(ATTEMPTS):
                answer = await self._try(attempt)
                if answer is not None:
                    return answer
        raise Unavailable("the state kept moving; scan again")

    async def _try(self, attempt: Attempt) -> bytes | None:
        """Look, decide and commit once; None when something moved in between."""
        request, session, key = attempt.request, attempt.session, attempt.credential
        request_id = request.request_id.encode()
        if request.door_id is not None:
            door_id = request.door_id.bytes
        else:
            door_id = self._only_doors.get(session, b"")
        view = await self._state.look_up_scan(session, request_id, door_id, key or b"")
        if view.ready is None:
            raise Unavailable("this cell has no complete snapshot yet")
        now = self._clock.now()
        at = milliseconds(now)
        caller = self._sessions.authenticate(view.session, view.device, at)
        if view.stored is not None and _still_stored(view.stored, at):
            return view.stored[VERSION_BYTES:]
        if request.door_id is None and caller.device.doors != (door_id,):
            if len(caller.device.doors) != 1:
                raise InvalidInput("say which door: this device has several", field="door_id")
            if len(self._only_doors) >= self._keep_doors:
                self._only_doors.clear()
            self._only_doors[session] = caller.device.doors[0]
            return None
        door = self._door(view.door) if door_id in caller.device.doors else None
        if door is None:
            raise NotFound("this device has no such door", field="door_id")
        state = await self._state_of(view, door, key)
        scan = Scan(self._new_id(at), door_id, request.credential.type, key is not None)
        decision = deciding.decide(state, scan, now)
        settled = Settled(attempt, view, caller, state, scan, decision)
        answer = _encode_answer(answer_of(settled))
        expected, writes = effects(settled, answer, at)
        committed = await self._state.commit(expected, writes, encode_entry(entry_of(settled)))
        return answer if committed else None

    def _door(self, raw: bytes | None) -> Door | None:
        if raw is None:
            return None
        door = self._doors.get(raw)
        if door is None:
            payload = payload_of(raw)
            if payload is None:
                return None
            if len(self._doors) >= self._keep_doors:
                self._doors.clear()
            door = self._doors[raw] = _decode_door(payload)
        return door

    async def _state_of(self, view: ScanView, door: Door, key: bytes | None) -> deciding.State:
        """What `decide` needs."""
        credential = person = None
        policies: Mapping[bytes, Policy] = self._policies
        if key is not None and (payload := payload_of(view.credential)) is not None:
            credential = _decode_credential(payload)
            if (payload := payload_of(view.person)) is not None:
                person = _decode_person(payload)
                for grant in person.grants:
                    if grant.policy not in policies:
                        policies = await self._policies_of(person)
                        break
        used = view.usage
        return deciding.State(
            door,
            credential,
            person,
            policies,
            _NO_USAGE if used is None else _decode_usage(memoryview(used)[VERSION_BYTES:]),
            (version_of(view.person) or _NOTHING)
            + (version_of(view.door) or _NOTHING)
            + (version_of(view.credential) or _NOTHING),
        )

    async def _policies_of(self, person: Person) -> dict[bytes, Policy]:
        """The person's policies, those that are missing fetched and kept."""
        kept = self._policies
        found = {name: kept[name] for name in _policy_names(person) if name in kept}
        missing = [name for name in _policy_names(person) if name not in found]
        raws = await self._state.fetch(*(POLICY + name for name in missing))
        for name, raw in zip(missing, raws, strict=True):
            if (payload := payload_of(raw)) is not None:
                found[name] = kept[name] = compile_policy(payload)
        while len(kept) > self._keep_policies:
            del kept[next(iter(kept))]  # the one that has been here longest
        return found


def _policy_names(person: Person) -> set[bytes]:
    return {grant.policy for grant in person.grants}


def _still_stored(stored: bytes, at: Instant) -> bool:
    return at < int.from_bytes(stored[:VERSION_BYTES], "big") + ANSWER_SECONDS * 1000
