"""Numbers what writers committed, and tells every process about it."""

import asyncio
from contextlib import suppress

import psycopg

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.loop import Loop
from gymhopper.chassis.runtime import Runtime

log = get_logger(__name__)

# Writers of other processes do not notify (a NOTIFY would serialise their commits), so look often:
# the query reads one small partial index.
POLL = 0.02


def sequencer(runtime: Runtime) -> Loop:
    """The loop that numbers events. Any number may run; one at a time works."""

    async def step() -> bool:
        async with runtime.database.transaction(SERVICE) as connection:
            count = await event_log.number(connection)
        if count:
            runtime.numbered.fire()
        return count > 0

    return Loop("sequencer", step, every=POLL, wake=runtime.appended)


class Listener:
    """Fires `runtime.numbered` when any process's sequencer has numbered something."""

    name = "listener"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin in the background; subscribers also look by themselves, so nothing waits."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def _run(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._runtime.database.url, autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {event_log.NOTIFY_CHANNEL}")
                    async for _ in connection.notifies():
                        self._runtime.numbered.fire()
            except psycopg.Error as error:
                log.warning("listener_reconnects", error=str(error))
                await asyncio.sleep(1)

    async def stop(self) -> None:
        """Close the connection."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def trouble(self) -> str | None:
        """Its loss only slows delivery down; it is no reason to refuse requests."""
        return None
