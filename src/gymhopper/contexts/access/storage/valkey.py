"""A cell's state in Valkey, as the gate reads and commits it."""

from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from typing import cast

from gymhopper.contexts.access.domain.records import Id
from gymhopper.contexts.access.gate.ports import (
    ANSWER_SECONDS,
    PENDING,
    PENDING_SECONDS,
    PassageView,
    ScanEffects,
    ScanKey,
    ScanView,
    Write,
)
from gymhopper.contexts.access.storage.valkey_client import (
    Argument,
    Call,
    Reply,
    ValkeyClient,
    ValkeyError,
)

_TEXT = files("gymhopper.contexts.access.storage").joinpath("valkey.lua").read_text("utf-8")
LIBRARY = "gymhopper_gate_" + sha256(_TEXT.encode()).hexdigest()[:12]


class ValkeyCell:
    """One cell: a Valkey server that this process talks to over one connection.

    Implements the gate's `State`. `call` sends any command, for the other half of the storage.
    """

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        self._client = ValkeyClient(url, timeout=timeout, prepare=_load_functions)
        self.call = self._client.call

    async def open(self) -> None:
        """Connect. A server that is away is tried again in the background."""
        await self._client.open()

    async def close(self) -> None:
        """Disconnect."""
        await self._client.close()

    async def look_up_scan(self, key: ScanKey) -> ScanView:
        """See `State.look_up_scan`."""
        return ScanView(*await self.call("FCALL_RO", _SCAN, 0, *key))

    async def commit_scan(self, key: ScanKey, basis: bytes, effects: ScanEffects) -> bool:
        """See `State.commit_scan`."""
        committed: int = await self.call(
            "FCALL",
            _COMMIT_SCAN,
            0,
            *key,
            basis,
            effects.entry,
            effects.answer,
            _ANSWER_SECONDS,
            effects.usage,
            effects.pending and PENDING + effects.decision_id,
            effects.pending,
            _PENDING_SECONDS,
        )
        return committed == 1

    async def look_up_passage(self, session: bytes, decision_id: Id) -> PassageView:
        """See `State.look_up_passage`."""
        return PassageView(*await self.call("FCALL_RO", _PASSAGE, 0, session, decision_id))

    async def fetch(self, *keys: bytes) -> list[bytes | None]:
        """See `State.fetch`."""
        found: list[bytes | None] = await self.call("MGET", *keys)
        return found

    async def commit(
        self, expected: list[tuple[bytes, bytes]], writes: list[Write], entry: bytes | None
    ) -> bool:
        """See `State.commit`."""
        written = cast("Iterable[Argument]", chain.from_iterable(writes))
        committed: int = await self.call(
            "FCALL",
            _COMMIT,
            0,
            entry or b"",
            len(expected),
            *chain.from_iterable(expected),
            *written,
        )
        return committed == 1

    async def function(self, name: str, *arguments: Argument) -> Reply:
        """Run one of the library's functions by its short name."""
        return await self.call("FCALL", f"{LIBRARY}_{name}", 0, *arguments)


_SCAN = f"{LIBRARY}_scan"
_PASSAGE = f"{LIBRARY}_passage"
_COMMIT = f"{LIBRARY}_commit"
_COMMIT_SCAN = f"{LIBRARY}_commit_scan"
_ANSWER_SECONDS = str(ANSWER_SECONDS)
_PENDING_SECONDS = str(PENDING_SECONDS)


async def _load_functions(call: Call) -> None:
    if await call("FUNCTION", "LIST", "LIBRARYNAME", LIBRARY):
        return
    text = f"#!lua name={LIBRARY}\n" + _TEXT.replace("NAME", LIBRARY)
    try:
        await call("FUNCTION", "LOAD", text)
    except ValkeyError as error:
        if "already exists" not in error.detail:  # another process was quicker
            raise
