"""One request that shall change nothing: everything is done and answered, then rolled back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.idempotency.attempt import Attempt, present_attempt
from gymhopper.kernel.errors import GymhopperError


class RehearsalEnds(GymhopperError):
    """All that could be checked was right. What comes next rests on what a rehearsal never stores:
    somebody else would have been asked, over the network."""

    code = "dry_run_ends"
    status = 409


class Rehearsal(Attempt):
    """Holds the transaction of a unit of work up to the answer, and never commits it."""

    rehearses = True

    def __init__(self) -> None:
        super().__init__("", b"")

    @property
    def takes_part(self) -> bool:
        """Always, so that nothing is committed.

        Raises RehearsalEnds for a unit of work inside another, which would have one of its own.
        """
        if self._unit is not None and self._held is None:
            raise RehearsalEnds("Everything is right as far as it can be tried.")
        return True

    @asynccontextmanager
    async def unit(self, connection: AsyncConnection, now: datetime) -> AsyncIterator[None]:
        """Surrounds a unit of work on `connection`."""
        self._unit = connection, now
        try:
            yield
        finally:
            self._unit = None

    async def settle(self) -> None:
        """Raises RehearsalEnds where something is held: it will not be committed."""
        if self._held is not None:
            raise RehearsalEnds("Everything is right as far as it can be tried.")


def rehearsed() -> bool:
    """Whether the present request is only tried: for what has to be seen before it is agreed to."""
    return isinstance(present_attempt(), Rehearsal)
