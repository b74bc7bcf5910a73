"""The platform's clock: system time plus one offset that is stored in the database."""

from datetime import timedelta

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database
from gymhopper.kernel.clock import SystemClock
from gymhopper.kernel.errors import InvalidInput

_READ = text("SELECT offset_seconds FROM chassis.clock")
_MOVE = text(
    "UPDATE chassis.clock SET offset_seconds = offset_seconds + :by RETURNING offset_seconds"
)


class StoredClock(SystemClock):
    """All processes of a platform read the same offset, so time moves for all of them at once."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def refresh(self) -> None:
        """Take over the stored offset."""
        async with self._database.transaction(SERVICE, read_only=True) as connection:
            seconds = (await connection.execute(_READ)).scalar_one()
        self.offset = timedelta(seconds=seconds)

    async def advance(self, by: timedelta) -> None:
        """Move the whole platform's time forward."""
        if by < timedelta():
            raise InvalidInput("Time does not run backwards.", field="seconds")
        async with self._database.transaction(SERVICE) as connection:
            seconds = (await connection.execute(_MOVE, {"by": by.total_seconds()})).scalar_one()
        self.offset = timedelta(seconds=seconds)
