"""Turns PostgreSQL's notifications into signals of this process."""

import asyncio
from contextlib import suppress

import psycopg
from psycopg import sql

from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime

log = get_logger(__name__)


class Listener:
    """Fires `runtime.signal(channel)` for every channel that somebody waits for.

    Start it after whoever waits was built. A lost connection costs speed and nothing else: those
    who wait look by themselves, too.
    """

    name = "listener"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def _run(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._runtime.database.url, autocommit=True
                ) as connection:
                    for channel in self._runtime.signals:
                        await connection.execute(
                            sql.SQL("LISTEN {}").format(sql.Identifier(channel))
                        )
                    async for notification in connection.notifies():
                        self._runtime.signal(notification.channel).fire()
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
        """Never a reason to refuse requests."""
        return None
