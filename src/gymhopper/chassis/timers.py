"""Domain timers: rows with a due time, rung by whoever finds them due on the platform's clock."""

import traceback
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import reraise_lost_connection
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.registry import Due, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork

log = get_logger(__name__)

_RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (1, 10, 60, 600, 3600, 6 * 3600))

# The timer's own row stays free: whoever holds the thing that it is about may set it meanwhile.
_CLAIM = text(
    "WITH due AS MATERIALIZED ("
    "  SELECT name, key, due_at FROM chassis.timer"
    "  WHERE coalesce(next_try_at, due_at) <= :now AND name = ANY(:names)"
    "  ORDER BY due_at, name, key LIMIT 50)"
    " SELECT name, key, due_at FROM due"
    " WHERE pg_try_advisory_xact_lock(hashtextextended(name || ' ' || key, 0)) LIMIT 1"
)
# Another runner may have rung it before this one got the claim.
_STILL = text(
    "SELECT payload, attempts FROM chassis.timer WHERE name = :name AND key = :key"
    " AND due_at = :due_at AND coalesce(next_try_at, due_at) <= :now"
)
# A timer that was set anew, by its handler or anybody else, has moved away from this due time.
_RUNG = text("DELETE FROM chassis.timer WHERE name = :name AND key = :key AND due_at = :due_at")
_FAILED = text(
    "UPDATE chassis.timer SET attempts = attempts + 1, next_try_at = :next_try_at, error = :error"
    " WHERE name = :name AND key = :key AND due_at = :due_at"
)
_ENSURE = text(
    "INSERT INTO chassis.timer (name, key, due_at) VALUES (:name, '', :due_at)"
    " ON CONFLICT DO NOTHING"
)


class TimerRunner:
    """Rings the timers of the given contexts, each in a transaction of its own."""

    def __init__(self, runtime: Runtime, timers: Sequence[Timers]) -> None:
        self._runtime = runtime
        self._handlers = {n: h for each in timers for n, h in each.handlers.items()}
        self._every = {n: i for each in timers for n, i in each.every_.items()}
        self._ensured = False

    async def _ensure_recurring(self) -> None:
        """Set those that ring again and again, where they are not set."""
        async with self._runtime.begin(SERVICE) as uow:
            for name in self._every:
                await uow.connection.execute(_ENSURE, {"name": name, "due_at": uow.now})

    async def run_due(self) -> int:
        """Ring everything that is due now; returns how many rang."""
        count = 0
        while await self.step():
            count += 1
        return count

    async def step(self) -> bool:
        """Ring the one that is due longest; returns whether there was one."""
        if not self._ensured:
            await self._ensure_recurring()
            self._ensured = True
        async with self._runtime.begin(SERVICE) as uow:
            row = (
                await uow.connection.execute(
                    _CLAIM, {"now": uow.now, "names": list(self._handlers)}
                )
            ).one_or_none()
            if row is None:
                return False
            claim = {"name": row.name, "key": row.key, "due_at": row.due_at}
            still = (await uow.connection.execute(_STILL, {**claim, "now": uow.now})).one_or_none()
            if still is not None:
                await self._ring(uow, Due(**claim, payload=still.payload), still.attempts)
        return True

    async def _ring(self, uow: UnitOfWork, due: Due, attempts: int) -> None:
        claim = {"name": due.name, "key": due.key, "due_at": due.due_at}
        try:
            async with uow.attempt():
                await self._handlers[due.name](uow, due)
                if due.name in self._every:
                    await uow.schedule(due.name, due.key, uow.now + self._every[due.name])
        except Exception as error:  # kept with its error and tried again; other timers go on
            reraise_lost_connection(error)
            log.warning("timer_failed", timer=due.name, key=due.key, exc_info=True)
            late = min(attempts, len(_RETRY_DELAYS) - 1)
            await uow.connection.execute(
                _FAILED,
                {
                    **claim,
                    "next_try_at": uow.now + _RETRY_DELAYS[late],
                    "error": traceback.format_exc(),
                },
            )
        else:
            await uow.connection.execute(_RUNG, claim)
