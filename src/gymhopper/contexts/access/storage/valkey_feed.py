"""A cell in Valkey as a follower of the feed, and its journal as the drain reads it.

The follower applies rows in the feed's order and the cell keeps its place in the same step. A
rebuild is `begin_rebuild`, any number of `apply_snapshot` and `restore_usage`, `sweep`,
`finish_rebuild`; doors work all the while, except in a cell that never had a snapshot.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from gymhopper.contexts.access.domain.records import Id, Version
from gymhopper.contexts.access.domain.usage import Usage
from gymhopper.contexts.access.gate.journal import JournalEntry, decode_entry
from gymhopper.contexts.access.gate.ports import (
    CREDENTIAL,
    DEVICE,
    DOOR,
    PERSON,
    POLICY,
    READY,
    USAGE,
    VERSION_BYTES,
)
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.storage.valkey_client import Argument
from gymhopper.kernel.errors import Conflict

Kind = Literal["person", "credential", "door", "device", "policy"]

BATCH = 500
SWEEP_COUNT = 1000

_PREFIX: dict[str, bytes] = {
    "person": PERSON,
    "credential": CREDENTIAL,
    "door": DOOR,
    "device": DEVICE,
    "policy": POLICY,
}
_JOURNAL = b"j"
_CURSOR = b"m:cursor"

_encode_usage = msgspec.msgpack.Encoder().encode


class FeedRow(msgspec.Struct, frozen=True, gc=False):
    """One row of the feed: absolute state of a key, or its tombstone (no payload)."""

    kind: Kind
    key: bytes
    number: int
    payload: bytes | None


class CursorMoved(Conflict):
    """The cell is not where the caller thinks; read its cursor and go on from there."""

    code = "cursor_moved"


class RebuildSuperseded(Conflict):
    """Another rebuild of the cell was begun, or this one was finished."""

    code = "rebuild_superseded"


class ValkeyFeed:
    """Applies a feed to a cell and reads its journal.

    Every method raises Unavailable when the server is away; all may be repeated.
    """

    def __init__(self, cell: ValkeyCell) -> None:
        self._cell = cell

    async def cursor(self) -> Version | None:
        """The epoch and number that the cell has applied; None before its first snapshot."""
        (raw,) = await self._cell.fetch(_CURSOR)
        return None if raw is None else Version.unpack(raw)

    async def ready(self) -> bool:
        """Whether doors can be answered: the first snapshot is complete."""
        (raw,) = await self._cell.fetch(READY)
        return raw is not None

    async def apply(self, after: Version, rows: Sequence[FeedRow], upto: int) -> Version:
        """Apply rows with `after.number` < number <= `upto`, and move the cursor to `upto`.

        Atomic. Returns the new cursor. A row never overwrites an equal or newer version. Raises
        CursorMoved when the cell's cursor is not `after`. Give a few hundred rows at a time.
        """
        cursor = Version(after.epoch, upto)
        arguments: list[Argument] = [after.pack(), cursor.pack()]
        arguments += _stored(rows, after.epoch)
        if await self._cell.function("apply", *arguments) < 0:
            raise CursorMoved("the cell's cursor is elsewhere")
        return cursor

    async def begin_rebuild(self) -> int:
        """Open a new epoch and return it. An unfinished rebuild before it is given up.

        From here on `apply` works in the new epoch (its cursor moved): what happens during the
        rebuild wins over the snapshot. Read the snapshot after this.
        """
        epoch: int = await self._cell.function("begin")
        return epoch

    async def apply_snapshot(self, epoch: int, rows: Iterable[FeedRow]) -> int:
        """Apply rows of the snapshot, in any order; returns how many were stored.

        Policies go before the people whose grants name them. Raises RebuildSuperseded.
        """
        stored = 0
        batch: list[FeedRow] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                stored += await self._snapshot_batch(epoch, batch)
                batch = []
        return stored + await self._snapshot_batch(epoch, batch)

    async def _snapshot_batch(self, epoch: int, rows: Sequence[FeedRow]) -> int:
        rebuild = Version(epoch, 0).pack()
        stored: int = await self._cell.function("snapshot", rebuild, *_stored(rows, epoch))
        if stored < 0:
            raise RebuildSuperseded("this rebuild is not the cell's any more")
        return stored

    async def restore_usage(self, usages: Iterable[tuple[Id, Usage]]) -> int:
        """Give people their usage back where the cell has none; returns how many got it.

        See `domain.usage.rebuilt`. Call it before `finish_rebuild`, while an empty cell answers
        no door yet.
        """
        first = (1).to_bytes(VERSION_BYTES, "big")
        stored = await asyncio.gather(
            *(
                self._cell.call("SET", USAGE + person_id, first + _encode_usage(usage), "NX")
                for person_id, usage in usages
            )
        )
        return sum(each is not None for each in stored)

    async def sweep(self, epoch: int) -> int:
        """Remove records of older epochs: the snapshot did not have them. Returns how many."""
        rebuild, place, removed = Version(epoch, 0).pack(), b"0", 0
        while True:
            found: tuple[bytes, int] = await self._cell.function(
                "sweep", rebuild, place, SWEEP_COUNT
            )
            place, some = found
            if place == b"-1":
                raise RebuildSuperseded("this rebuild is not the cell's any more")
            removed += some
            if place == b"0":
                return removed

    async def finish_rebuild(self, epoch: int, number: int) -> Version:
        """The cell is complete as of feed row `number`: set its cursor there, let doors be asked.

        Rows that were applied meanwhile are applied once more, to no effect. Raises
        RebuildSuperseded.
        """
        cursor = Version(epoch, number)
        if not await self._cell.function("finish", Version(epoch, 0).pack(), cursor.pack()):
            raise RebuildSuperseded("this rebuild is not the cell's any more")
        return cursor

    async def read_journal(
        self, after: bytes | None, count: int = 1000
    ) -> list[tuple[bytes, JournalEntry]]:
        """Up to `count` entries after the one with that id (None: from the first), in order."""
        start = b"-" if after is None else b"(" + after
        rows = await self._cell.call("XRANGE", _JOURNAL, start, b"+", "COUNT", count)
        return [(place, decode_entry(fields[1])) for place, fields in rows]

    async def trim_journal(self, upto: bytes) -> int:
        """Remove entries up to and with that id; returns how many."""
        milliseconds, _, counter = upto.partition(b"-")
        following = b"%b-%d" % (milliseconds, int(counter) + 1)
        removed: int = await self._cell.call("XTRIM", _JOURNAL, "MINID", following)
        return removed

    async def journal_length(self) -> int:
        """How many entries wait for the drain."""
        length: int = await self._cell.call("XLEN", _JOURNAL)
        return length


def _stored(rows: Iterable[FeedRow], epoch: int) -> list[Argument]:
    arguments: list[Argument] = []
    for row in rows:
        arguments.append(_PREFIX[row.kind] + row.key)
        arguments.append(Version(epoch, row.number).pack() + (row.payload or b""))
    return arguments
