"""The living demonstration: a network that is loaded once, and people at its doors until Ctrl-C."""

import asyncio
import logging
import socket
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack, closing, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from gymhopper.app.demo import DEMO_CONTEXTS
from gymhopper.app.display.board import Board
from gymhopper.app.display.guide import Guide
from gymhopper.app.display.screen import Screen
from gymhopper.app.process import Process
from gymhopper.app.running import running, stop_signal
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import configure_logging
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.access.storage import tables
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.errors import Conflict
from gymhopper.sandbox.demo.client import Platform
from gymhopper.sandbox.demo.crowd import Crowd
from gymhopper.sandbox.demo.doors import Doors, Rush, Seen
from gymhopper.sandbox.demo.loading import Loaded, load
from gymhopper.sandbox.demo.network import Network
from gymhopper.sandbox.demo.newcomer import SpareReader, invite
from gymhopper.sandbox.demo.people import dice

T = TypeVar("T")

REFRESH_SECONDS = 0.25
COUNT_SECONDS = 30.0
PORTS_TO_TRY = 50
LOG_FILE = "gymhopper.log"


class Stopped(Exception):
    """Somebody asked the demonstration to stop."""


class PortTaken(Conflict):
    """Something else answers at the wanted port."""

    code = "port_taken"


def demo_settings(folder: Path, port: int | None, default_port: int) -> Settings:
    """Settings of a demonstration: all contexts with the sandbox, at the port or the next free.

    PortTaken when the port was asked for by number and is not free.
    """
    host = Settings().host
    wanted = [port] if port is not None else list(range(default_port, default_port + PORTS_TO_TRY))
    for each in wanted:
        if is_free(host, each):
            return Settings(data_folder=folder, port=each, contexts=DEMO_CONTEXTS)
    raise PortTaken(f"Port {wanted[0]} is taken; say another with --port.")


def is_free(host: str, port: int) -> bool:
    """Whether something could listen there now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


async def live(settings: Settings, network: Network, members: int, screen: Screen) -> None:
    """Run the network until SIGINT or SIGTERM, then stop everything in order."""
    log = _log_to_file(settings.data_folder)
    stopping = stop_signal()
    began = time.monotonic()
    screen.say(f"Starting PostgreSQL, Valkey and the platform in {settings.data_folder}")
    try:
        async with running(settings) as process, _Life(process, screen, stopping) as life:
            loaded = await life.unless_stopped(
                load(process.runtime, settings.data_folder, network, members, screen.progress)
            )
            await life.unless_stopped(life.open_doors(loaded, log))
            screen.say(f"Ready after {time.monotonic() - began:.0f} s")
            await stopping.wait()
    except Stopped:
        return


class _Life:
    """What goes on beside the platform, ended before it stops."""

    def __init__(self, process: Process, screen: Screen, stopping: asyncio.Event) -> None:
        self._runtime = process.runtime
        self._screen = screen
        self._stopping = stopping
        self._stack = AsyncExitStack()
        self._board: Board | None = None
        self._began = time.monotonic()

    async def __aenter__(self) -> "_Life":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def unless_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result; Stopped when somebody does not want to wait for it."""
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            return task.result()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        raise Stopped

    async def open_doors(self, loaded: Loaded, log: Path) -> None:
        """Let people in, and show it."""
        runtime, folder = self._runtime, self._runtime.settings.data_folder
        platform = Platform(runtime.url, loaded.administrator)
        self._stack.push_async_callback(platform.close)
        doors = Doors(platform, loaded.founded.doors, loaded.keyring, runtime.clock)
        self._stack.push_async_callback(doors.close)
        await doors.sign_in()
        spare = SpareReader(platform, loaded, folder)
        await spare.sign_in()
        newcomer = await invite(platform, loaded)
        self._board = Board(
            loaded.network,
            members=len(loaded.people),
            visits_today=await visits_today(runtime, loaded.network),
        )
        self._screen.guide(
            Guide(
                url=runtime.url,
                administrator=loaded.administrator,
                sign_ins=loaded.sign_ins,
                newcomer=newcomer,
                venue=loaded.founded.doors[0].venue,
                session=spare.path,
                log=log,
            )
        )
        crowd = Crowd(
            loaded.network,
            [each.person for each in loaded.people],
            loaded.founded.strangers,
            loaded.keyring,
            runtime.clock,
            dice("crowd", runtime.clock.now()),
        )
        rush = Rush(doors, crowd, dice("rush", runtime.clock.now()))
        self._began = time.monotonic()
        self._go_on(rush.run(self._show))
        self._go_on(spare.keep())
        self._go_on(self._count(loaded.network))
        self._go_on(self._refresh())

    def _go_on(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it until the end; if it fails, the demonstration ends with its error."""
        task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._stopping.set())
        self._stack.push_async_callback(_ended, task)

    def _show(self, seen: Seen) -> None:
        assert self._board is not None  # noqa: S101 - doors open after the board is there
        self._board.add(seen)
        self._screen.show(seen)

    async def _refresh(self) -> None:
        board = self._board
        assert board is not None  # noqa: S101 - made before this is started
        hint = f"API docs {self._runtime.url}/api/v1/docs   keys and examples above   Ctrl-C stops"
        while True:
            for_ = timedelta(seconds=time.monotonic() - self._began)
            self._screen.refresh(partial(board.draw, running=for_, hint=hint))
            await asyncio.sleep(REFRESH_SECONDS)

    async def _count(self, network: Network) -> None:
        """Ask the database now and then: visits by hand count, too, and days end."""
        while True:
            await asyncio.sleep(COUNT_SECONDS)
            assert self._board is not None  # noqa: S101 - made before this is started
            self._board.visits_today = await visits_today(self._runtime, network)


async def visits_today(runtime: Runtime, network: Network) -> int:
    """Visits since the operator's day began."""
    zone = network.operator.seller.zone
    since = start_of_day(local_date(runtime.clock.now(), zone), zone)
    counted = sa.select(sa.func.count()).where(tables.visit.c.at >= since)
    async with runtime.read(SERVICE) as connection:
        number: int = (await connection.execute(counted)).scalar_one()
    return number


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end; raises what it failed with."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _log_to_file(folder: Path) -> Path:
    """Log into the folder: the terminal belongs to the board."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOG_FILE
    configure_logging(style="json", level="WARNING")
    file = path.open("a", encoding="utf-8")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(file)
    return path
