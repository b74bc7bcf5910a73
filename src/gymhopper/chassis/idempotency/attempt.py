"""One request with an Idempotency-Key, while it is handled.

The route knows nothing of it. The last unit of work that it begins is not committed at the end of
its block but held until the answer is there, and the answer is stored in the same transaction:
after a crash there is the effect with its answer, or neither.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.database import bind
from gymhopper.chassis.idempotency.answers import Answer, Slot

_present: ContextVar["Attempt | None"] = ContextVar("attempt", default=None)


class Attempt:
    """Holds the transaction in which the answer will be kept."""

    rehearses = False

    def __init__(self, key: str, fingerprint: bytes) -> None:
        self.key = key
        self.fingerprint = fingerprint
        self._slot: Slot | None = None
        self._unit: tuple[AsyncConnection, datetime] | None = None
        self._held: AsyncExitStack | None = None
        self._after: Callable[[], None] | None = None
        self._over = False

    def known(self, slot: Slot) -> None:
        """The caller is known, and so is the place for the answer."""
        self._slot = slot

    @property
    def takes_part(self) -> bool:
        """Whether a unit of work that begins now is the request's, not one inside another."""
        inside = self._unit is not None and self._held is None
        return self._slot is not None and not inside and not self._over

    @asynccontextmanager
    async def unit(self, connection: AsyncConnection, now: datetime) -> AsyncIterator[None]:
        """Surrounds a unit of work on `connection`. Raises InUse, Reused, Replayed."""
        assert self._slot is not None  # noqa: S101 - `takes_part` has said so
        await self._slot.claim(connection, now)
        self._unit = connection, now
        try:
            yield
        finally:
            self._unit = None

    def hold(self, transaction: AsyncExitStack, after: Callable[[], None] | None) -> None:
        """Take over the unit of work and its transaction, which is committed by closing it;
        `after` is called when that was done."""
        self._held, self._after = transaction, after

    async def look(self, subject: AuthSubject) -> AsyncConnection | None:
        """The held transaction, bound to the subject; None when there is none."""
        if self._held is None or self._unit is None:
            return None
        connection, _ = self._unit
        await bind(connection, subject)
        return connection

    async def settle(self) -> None:
        """Commit what is held, without an answer."""
        held, self._held = self._held, None
        if held is not None:
            await held.aclose()
            if self._after is not None:
                self._after()

    async def keep(self, answer: Answer) -> None:
        """The end, with an answer: store it with the effect, and commit both."""
        self._over = True
        if self._held is not None and self._unit is not None and self._slot is not None:
            await self._slot.keep(self._unit[0], answer, self._unit[1])
        await self.settle()

    async def drop(self, error: BaseException) -> None:
        """The end without success: what is held is rolled back."""
        self._over = True
        held, self._held = self._held, None
        if held is not None:
            await held.__aexit__(type(error), error, error.__traceback__)


def present_attempt() -> Attempt | None:
    """That of the request which is being handled now."""
    return _present.get()


def begin_attempt(attempt: Attempt | None) -> None:
    """From here on in this task, this is the request's attempt; None when it is over."""
    _present.set(attempt)
