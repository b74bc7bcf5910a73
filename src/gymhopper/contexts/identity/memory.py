"""A short memory of callers who were recognised, so that not every request asks the database."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

from gymhopper.chassis.runtime import Runtime
from gymhopper.contracts.identity.api import Caller
from gymhopper.kernel.clock import Clock

REMEMBERED = timedelta(seconds=5)
"""How long an answer is kept, and so how long what was revoked elsewhere may live on here."""

_CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class Recognised:
    """A caller, and until when at most the answer holds; None says nothing of that."""

    caller: Caller
    until: datetime | None = None


class Memory:
    """Remembers callers by the hashes of their tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[bytes, tuple[datetime, Caller]] = {}
        self._changed: dict[UUID, datetime] = {}

    def find(self, token: str) -> Caller | None:
        """Whose token this was a moment ago."""
        key = _key(token)
        known = self._known.get(key)
        if known is None:
            return None
        if self._clock.now() >= known[0]:
            self._known.pop(key, None)
            return None
        return known[1]

    def keep(self, token: str, found: Recognised) -> None:
        """Remember the answer for a moment, unless it is about a session that just changed."""
        now = self._clock.now()
        changed = self._changed.get(found.caller.session_id) if found.caller.session_id else None
        if changed is not None and now < changed + REMEMBERED:
            return
        while len(self._known) >= _CAPACITY:
            self._known.pop(next(iter(self._known)))
        until = now + REMEMBERED
        self._known[_key(token)] = (min(until, found.until or until), found.caller)

    def forget(self, *session_ids: UUID) -> None:
        """The sessions ended or act for somebody else: what is known of them is out of date.

        The change may be committed a little later, so nothing about them is remembered meanwhile.
        """
        now = self._clock.now()
        self._changed = {k: v for k, v in self._changed.items() if now < v + REMEMBERED}
        self._changed |= dict.fromkeys(session_ids, now)
        gone = set(session_ids)
        self._known = {k: v for k, v in self._known.items() if v[1].session_id not in gone}


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


_memories: "WeakKeyDictionary[Runtime, Memory]" = WeakKeyDictionary()


def memory(runtime: Runtime) -> Memory:
    """The runtime's memory. Use cases that change a session call `forget`."""
    if runtime not in _memories:
        _memories[runtime] = Memory(runtime.clock)
    return _memories[runtime]
