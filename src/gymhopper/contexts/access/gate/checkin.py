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
from gymhopper.contexts.access.gate.outcome import (
    CheckInRequest,
    Settled,
    answer_of,
    effects,
)
from gymhopper.contexts.access.gate.ports import (
    ANSWER_SECONDS,
    POLICY,
    USAGE,
    VERSION_BYTES,
    ScanKey,
    ScanView,
    State,
    basis_of,
    payload_of,
)
from gymhopper.contexts.access.gate.sessions import DeviceSessions, session_hash
from gymhopper.contexts.access.gate.turns import Turns
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import InvalidInput, NotFound, Unavailable

ATTEMPTS = 16
# The versions of door, credential and person: what an answer rests on, apart from what was used.
_RIGHTS = slice(3 * VERSION_BYTES, 6 * VERSION_BYTES)
_NO_USAGE = Usage()
_NOBODY: Mapping[Id, Usage] = {}

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
        key = ScanKey(
            session_hash(token),
            request.request_id.encode(),
            b"" if request.door_id is None else request.door_id.bytes,
            credential_key(self._secret, kind, value) or b"",
        )
        answer = await self._try(request, key, correlation_id)
        if answer is not None:
            return answer
        # Scans of one credential that got in each other's way wait for their turn.
        async with self._turns.of(key.credential or key.session):
            for _ in range(ATTEMPTS):
                answer = await self._try(request, key, correlation_id)
                if answer is not None:
                    return answer
        raise Unavailable("the state kept moving; scan again")

    async def _try(
        self, request: CheckInRequest, key: ScanKey, correlation_id: str
    ) -> bytes | None:
        """Look, decide and commit once; None when something moved in between."""
        if not key.door_id:
            key = key._replace(door_id=self._only_doors.get(key.session, b""))
        view = await self._state.look_up_scan(key)
        if view.ready is None:
            raise Unavailable("this cell has no complete snapshot yet")
        now = self._clock.now()
        at = milliseconds(now)
        caller = self._sessions.authenticate(view.session, view.device, at)
        if view.stored is not None and _still_stored(view.stored, at):
            return view.stored[VERSION_BYTES:]
        door_id, doors = key.door_id, caller.device.doors
        if request.door_id is None and doors != (door_id,):
            self._remember_only_door(key.session, doors)
            return None
        door = None
        if door_id in doors and view.door is not None:
            door = self._doors.get(view.door) or self._decoded(view.door)
        if door is None:
            raise NotFound("this device has no such door", field="door_id")
        basis = basis_of(view)
        credential, person = _credential_and_person(view)
        policies: Mapping[bytes, Policy] = self._policies
        if person is not None and not self._keeps_policies_of(person):
            policies = await self._policies_of(person)
        usage = _NO_USAGE if view.usage is None else _decode_usage(view.usage[VERSION_BYTES:])
        hosts: Mapping[Id, Usage] = _NOBODY
        if person is not None:
            for grant in person.grants:
                if grant.host is not None:
                    hosts = await self._hosts_of(person)
                    break
        state = deciding.State(door, credential, person, policies, usage, basis[_RIGHTS], hosts)
        scan = Scan(self._new_id(at), door_id, request.credential.type, bool(key.credential))
        decision = deciding.decide(state, scan, now)
        settled = Settled(request, key, correlation_id, view, caller, state, scan, decision)
        answer = _encode_answer(answer_of(settled))
        committed = await self._state.commit_scan(key, basis, effects(settled, answer, at))
        return answer if committed else None

    async def _hosts_of(self, person: Person) -> dict[Id, Usage]:
        """What those did who bring the person as a guest.

        It is no part of what the answer rests on: who came stays one who came.
        """
        names = [grant.host for grant in person.grants if grant.host is not None]
        raws = await self._state.fetch(*(USAGE + name for name in names))
        return {
            name: _decode_usage(raw[VERSION_BYTES:])
            for name, raw in zip(names, raws, strict=True)
            if raw is not None
        }

    def _remember_only_door(self, session: bytes, doors: tuple[Id, ...]) -> None:
        """Of a device that need not say which; raises InvalidInput when it has several."""
        if len(doors) != 1:
            raise InvalidInput("say which door: this device has several", field="door_id")
        if len(self._only_doors) >= self._keep_doors:
            self._only_doors.clear()
        self._only_doors[session] = doors[0]

    def _decoded(self, raw: bytes) -> Door | None:
        payload = payload_of(raw)
        if payload is None:
            return None
        if len(self._doors) >= self._keep_doors:
            self._doors.clear()
        door = self._doors[raw] = _decode_door(payload)
        return door

    def _keeps_policies_of(self, person: Person) -> bool:
        return self._policies.keys() >= _policy_names(person)

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


def _credential_and_person(view: ScanView) -> tuple[Credential | None, Person | None]:
    payload = payload_of(view.credential)
    if payload is None:
        return None, None
    credential = _decode_credential(payload)
    payload = payload_of(view.person)
    return credential, None if payload is None else _decode_person(payload)


def _policy_names(person: Person) -> set[bytes]:
    return {grant.policy for grant in person.grants}


def _still_stored(stored: bytes, at: Instant) -> bool:
    return at < int.from_bytes(stored[:VERSION_BYTES], "big") + ANSWER_SECONDS * 1000
