"""The state that a gate works on: the port, and the layout of what lies behind it.

State is a map from short binary keys to bytes, the same for every store. A *record* is 8 bytes of
version followed by its payload; the 8 bytes alone are a tombstone. The journal is a list beside it.
"""

from typing import NamedTuple, Protocol

from gymhopper.contexts.access.domain.records import Id

READY = b"m:ready"
"""Present once the cell has had a complete snapshot."""

PERSON = b"p:"
CREDENTIAL = b"c:"
DOOR = b"d:"
DEVICE = b"v:"
POLICY = b"y:"
"""Prefixes of the fed records."""

USAGE = b"u:"
SESSION = b"s:"
NONCE = b"n:"
PENDING = b"h:"
"""Prefixes of what the gate itself writes; answers are under `r:`, device and request id."""

VERSION_BYTES = 8
ANSWER_SECONDS = 3600
PENDING_SECONDS = 3600


NOTHING = bytes(VERSION_BYTES)
"""Stands for the version of what is not there."""


class ScanKey(NamedTuple):
    """What a scan names: the hash of a session, an id of the device's own, a door of the device's,
    and the hash of a credential; empty where it names none.
    """

    session: bytes
    request_id: bytes
    door_id: bytes
    credential: bytes


class ScanView(NamedTuple):
    """What one consistent look finds for a scan; None is what is not there.

    `device` is the session's, `person` and `usage` are the credential's.
    """

    ready: bytes | None
    session: bytes | None
    device: bytes | None
    stored: bytes | None
    door: bytes | None
    credential: bytes | None
    person: bytes | None
    usage: bytes | None


class ScanEffects(NamedTuple):
    """What a decision changes: its answer and its journal entry; empty bytes are no change.

    `pending` is kept under the decision's id until a passage is reported.
    """

    answer: bytes
    entry: bytes
    usage: bytes
    decision_id: Id
    pending: bytes


class PassageView(NamedTuple):
    """What one consistent look finds for a reported passage."""

    ready: bytes | None
    session: bytes | None
    device: bytes | None
    pending: bytes | None
    usage: bytes | None


class Write(NamedTuple):
    """A value to store; `seconds` is after how long it may be collected, 0 is never."""

    key: bytes
    value: bytes
    seconds: int = 0


class State(Protocol):
    """Where a gate reads and commits. Every method raises Unavailable when the store is away."""

    async def look_up_scan(self, key: ScanKey) -> ScanView:
        """Everything that a scan's decision needs, as of one instant."""
        ...

    async def commit_scan(self, key: ScanKey, basis: bytes, effects: ScanEffects) -> bool:
        """Store the effects and append the journal entry, if nothing moved; all or nothing.

        `basis` is what `basis_of` says of the view that was decided on. False when a new look
        would give another: nothing was written then.
        """
        ...

    async def look_up_passage(self, session: bytes, decision_id: Id) -> PassageView:
        """Everything that a report of a passage needs, as of one instant."""
        ...

    async def fetch(self, *keys: bytes) -> list[bytes | None]:
        """The values of the keys, in their order."""
        ...

    async def commit(
        self, expected: list[tuple[bytes, bytes]], writes: list[Write], entry: bytes | None
    ) -> bool:
        """Write all and append the journal entry, if nothing moved; all or nothing.

        Each key in `expected` must hold a value that begins with the given bytes; empty bytes mean
        that there must be no value. False when any does not: nothing was written then.
        """
        ...


def basis_of(view: ScanView) -> bytes:
    """The versions of all that was found: 8 bytes for each field of the view but `ready`."""
    _, *found = view
    return b"".join([NOTHING if raw is None else raw[:VERSION_BYTES] for raw in found])


def version_of(raw: bytes | None) -> bytes:
    """The version of a stored record as `State.commit` expects it: empty when there is none."""
    return b"" if raw is None else raw[:VERSION_BYTES]


def payload_of(raw: bytes | None) -> bytes | None:
    """The payload of a stored record; None when there is none or a tombstone."""
    return None if raw is None or len(raw) <= VERSION_BYTES else raw[VERSION_BYTES:]
