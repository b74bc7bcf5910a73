"""Runs a process until it is told to stop."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from gymhopper.app.opening import open_runtime
from gymhopper.app.process import ROLES, Process
from gymhopper.chassis.logging import configure_logging, get_logger
from gymhopper.chassis.registry import Role
from gymhopper.chassis.settings import Settings

log = get_logger(__name__)


@asynccontextmanager
async def running(
    settings: Settings, *, roles: Collection[Role] = ROLES, migrated: bool = True
) -> AsyncIterator[Process]:
    """A process that serves as long as the block runs."""
    async with open_runtime(settings, migrated=migrated, alone=True) as runtime:
        process = Process(runtime, roles=roles)
        await process.start()
        # What is loaded now stays: looking through all of it takes the collector a tenth of a
        # second and more, for which every request would wait.
        gc.collect()
        gc.freeze()
        try:
            yield process
        finally:
            gc.unfreeze()
            await process.stop()


async def run_until_stopped(
    settings: Settings,
    *,
    roles: Collection[Role] = ROLES,
    migrated: bool = True,
    greet: Callable[[Process], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way and stop in order.

    `greet` is called once, when the process can serve.
    """
    configure_logging(style=settings.log_format, level=settings.log_level)
    stopping = stop_signal()
    async with running(settings, roles=roles, migrated=migrated) as process:
        log.info("ready", url=process.url, roles=list(roles))
        if greet is not None:
            greet(process)
        await stopping.wait()
        log.info("stopping")


def stop_signal() -> asyncio.Event:
    """Set by SIGTERM or SIGINT from now on."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, event.set)
    return event
