"""Keep a cell up to date with its feed, and fill it anew when it lost its place."""

from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access.domain.records import Version
from gymhopper.contexts.access.queries import usages
from gymhopper.contexts.access.storage import feed
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.storage.valkey_feed import BATCH, CursorMoved, ValkeyFeed
from gymhopper.contexts.access.usecases.keys import CELL_CLOCK

log = get_logger(__name__)

_GENERATION = b"m:generation"


class CellFeeder:
    """The follower of one cell. Several may run: the cell's cursor lets one of them get on."""

    def __init__(self, runtime: Runtime, cell: ValkeyCell, name: str = "main") -> None:
        self._runtime = runtime
        self._cell = cell
        self._feed = ValkeyFeed(cell)
        self._name = name
        self._told: float | None = None

    async def step(self) -> bool:
        """Apply the next rows; returns whether more are waiting.

        A cell that never had a snapshot, or holds one of another generation of the database, is
        filled anew first.
        """
        await self._tell_time()
        cursor = await self._feed.cursor()
        async with self._runtime.read(SERVICE) as connection:
            head = await feed.head(connection, self._name)
            known = cursor is not None and await self._generation() == head.generation
            if known and cursor is not None:
                if cursor.number >= head.number:
                    return False
                rows = await feed.after(connection, self._name, cursor.number, limit=BATCH)
        if not known or cursor is None or not await self._feed.ready():
            await self.rebuild()
            return True
        full = len(rows) == BATCH
        upto = rows[-1].number if full else max(head.number, rows[-1].number if rows else 0)
        try:
            await self._feed.apply(cursor, rows, upto)
        except CursorMoved:
            return True
        return full

    async def rebuild(self) -> int:
        """Fill the cell from a snapshot under a new epoch while doors keep working.

        Visits of the present day and month are restored to people whose usage the cell has lost.
        Returns how many records the snapshot stored.
        """
        epoch = await self._feed.begin_rebuild()
        stored = 0
        async with self._runtime.read(SERVICE) as connection:
            # All of it as of one moment: what commits later has greater numbers, comes by `step`.
            head = await feed.head(connection, self._name)
            async for rows in feed.snapshot(connection, self._name):
                stored += await self._feed.apply_snapshot(epoch, rows)
            async for people in usages(connection, self._runtime.clock.now()):
                await self._feed.restore_usage(people)
        removed = await self._feed.sweep(epoch)
        await self._set_generation(head.generation)
        await self._feed.finish_rebuild(epoch, head.number)
        log.info("cell_rebuilt", cell=self._name, epoch=epoch, stored=stored, removed=removed)
        return stored

    async def cursor(self) -> Version | None:
        """How far the cell has come."""
        return await self._feed.cursor()

    async def _tell_time(self) -> None:
        """Leave the clock's offset in the cell, for gates that do not reach the database."""
        offset = self._runtime.stored_clock.offset.total_seconds()
        if offset != self._told:
            await self._cell.call("SET", CELL_CLOCK, str(offset))
            self._told = offset

    async def _generation(self) -> UUID | None:
        (raw,) = await self._cell.fetch(_GENERATION)
        return None if raw is None else UUID(bytes=raw)

    async def _set_generation(self, generation: UUID) -> None:
        await self._cell.call("SET", _GENERATION, generation.bytes)
