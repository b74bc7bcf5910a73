"""The platform's clock: system time plus one offset that is stored in the database."""

from datetime import datetime, timedelta

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database
from gymhopper.kernel.clock import SystemClock
from gymhopper.kernel.errors import InvalidInput

_MOVE = text("UPDATE chassis.clock SET offset_seconds = offset_seconds + :by")


class StoredClock:
    """All processes of a platform read the same offset, so time moves for all of them at once.

    Every transaction reads it; between two of them it is that of the latest.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._system = SystemClock()

    @property
    def offset(self) -> timedelta:
        """How far time has been moved."""
        return self._database.clock_offset

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._system.now() + self.offset

    async def refresh(self) -> None:
        """Take over the stored offset, where there is no other reason for a transaction."""
        async with self._database.transaction(SERVICE, read_only=True):
            pass

    async def advance(self, by: timedelta) -> None:
        """Move the whole platform's time forward."""
        if by < timedelta():
            raise InvalidInput("Time does not run backwards.", field="seconds")
        async with self._database.transaction(SERVICE) as connection:
            await connection.execute(_MOVE, {"by": by.total_seconds()})
        await self.refresh()
