"""Looks at what is delicate, as entries of the log: written before the answer goes out.

A look has no transaction of its own to be written in. Those of concurrent requests share one: while
one is on its way to the database, the next ones gather. The commit does not wait for the disk, so a
killed process loses nothing and a power cut half a second.
"""

import asyncio
from dataclasses import dataclass, field

from sqlalchemy import text

from gymhopper.chassis.audit.entry import Entry
from gymhopper.chassis.audit.log import append
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database

_DO_NOT_WAIT = text("SET LOCAL synchronous_commit = off")


@dataclass
class _Batch:
    entries: list[Entry] = field(default_factory=list)
    written: bool = False


class Looks:
    """Writes entries that belong to no unit of work, several at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batch = _Batch()
        self._turn = asyncio.Lock()

    async def write(self, entry: Entry) -> None:
        """Returns when the entry is in the log."""
        batch = self._batch
        batch.entries.append(entry)
        async with self._turn:
            if batch.written:
                return
            if self._batch is batch:
                self._batch = _Batch()
            async with self._database.transaction(SERVICE) as connection:
                await connection.execute(_DO_NOT_WAIT)
                await append(connection, batch.entries)
            batch.written = True
