"""The gate alone: doors' requests, one cell, nothing else. Several workers share one port."""

import asyncio
import gc
import os
import signal
from contextlib import suppress
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gymhopper.chassis.key_sources import key_source
from gymhopper.chassis.secrets import Secrets
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.access.gate.app import GateApp
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.usecases.keys import CELL_CLOCK, CREDENTIALS
from gymhopper.kernel.clock import SystemClock
from gymhopper.kernel.errors import InvalidInput, Unavailable

_NOOP = "GYMHOPPER_GATE_NOOP"
"""Set by the benchmark: answer a route that does nothing, to measure the rest by."""


class _CellClock(SystemClock):
    """Follows the platform's clock by what the feeder leaves in the cell."""

    def __init__(self, cell: ValkeyCell) -> None:
        super().__init__()
        self._cell = cell
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._cell.open()
        with suppress(Unavailable):
            await self._look()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        await self._cell.close()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(1)
            with suppress(Unavailable):
                await self._look()

    async def _look(self) -> None:
        (raw,) = await self._cell.fetch(CELL_CLOCK)
        self.offset = timedelta(seconds=float(raw or 0))


def create() -> ASGIApp:
    """The application of one worker, from the settings in the environment."""
    settings = Settings()
    if settings.valkey_url is None:
        raise InvalidInput("The gate needs GYMHOPPER_VALKEY_URL.", field="valkey_url")
    cell = ValkeyCell(settings.valkey_url)
    clock = _CellClock(cell)
    gate = GateApp(
        cell,
        clock,
        Secrets.following(key_source(settings)).lasting(CREDENTIALS),
        noop=_NOOP in os.environ,
        start=clock.start,
        stop=clock.stop,
    )

    # What is loaded now stays for good: the collector need not look at it while doors wait.
    gc.collect()
    gc.freeze()

    async def below_prefix(scope: Scope, receive: Receive, send: Send) -> None:
        scope["root_path"] = "/api/v1"
        await gate(scope, receive, send)

    return below_prefix


def serve(*, host: str, port: int, workers: int) -> None:
    """Answer doors until SIGTERM or SIGINT."""
    for each in (signal.SIGTERM, signal.SIGINT):
        # The server drains and then raises the signal again, which would end us as if killed.
        signal.signal(each, lambda *_: None)
    uvicorn.run(
        "gymhopper.app.gate:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_level="warning",
        # Loading takes longer than the usual 5 s on a busy machine, and a worker that is silent for
        # longer is killed and started again: without end.
        timeout_worker_healthcheck=60,
    )
