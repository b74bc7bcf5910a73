"""Domain timers: rows with a due time, rung by whoever finds them due on the platform's clock."""

import traceback
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.registry import Due, Timers
from gymhopper.chassis.runtime import Runtime

log = get_logger(__name__)

_RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (1, 10, 60, 600, 3600, 6 * 3600))

_NEXT = text(
    "SELECT name, key, due_at, payload, attempts FROM chassis.timer"
    " WHERE coalesce(next_try_at, due_at) <= :now AND name = ANY(:names)"
    " ORDER BY due_at, name, key LIMIT 1 FOR UPDATE SKIP LOCKED"
)
# A handler that set its timer anew has moved it away from this due time.
_RUNG = text("DELETE FROM chassis.timer WHERE name = :name AND key = :key AND due_at = :due_at")
_FAILED = text(
    "UPDATE chassis.timer SET attempts = attempts + 1, next_try_at = :next_try_at, error = :error"
    " WHERE name = :name AND key = :key"
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
                await uow.connection.execute(_NEXT, {"now": uow.now, "names": list(self._handlers)})
            ).one_or_none()
            if row is None:
                return False
            due = Due(row.name, row.key, row.due_at, row.payload)
            key = {"name": row.name, "key": row.key}
            try:
                async with uow.attempt():
                    await self._handlers[row.name](uow, due)
                    if row.name in self._every:
                        await uow.schedule(row.name, row.key, uow.now + self._every[row.name])
            except Exception:  # kept with its error and tried again; other timers go on
                log.warning("timer_failed", timer=row.name, key=row.key, exc_info=True)
                late = min(row.attempts, len(_RETRY_DELAYS) - 1)
                await uow.connection.execute(
                    _FAILED,
                    {
                        **key,
                        "next_try_at": uow.now + _RETRY_DELAYS[late],
                        "error": traceback.format_exc(),
                    },
                )
            else:
                await uow.connection.execute(_RUNG, {**key, "due_at": row.due_at})
        return True
