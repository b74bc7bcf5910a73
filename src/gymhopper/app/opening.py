"""Opens what a command works on: engines or external servers, migrated, with the contexts."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from gymhopper.chassis.engines import DataFolderHeld, EmbeddedEngines, EngineError, Engines
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.migrate import migrate
from gymhopper.chassis.provision import provision
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings

log = get_logger(__name__)

_ADDRESSES = "engines.json"


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, migrated: bool = True, alone: bool = False
) -> AsyncIterator[Runtime]:
    """A runtime on the engines that the settings name; embedded ones run as long as the block.

    Brings the schema up to date first, unless told not to. When another process runs the embedded
    engines, its engines are used; with `alone`, DataFolderHeld is raised instead. EngineError when
    an engine does not start.
    """
    async with engines(settings, alone=alone) as found:
        if migrated and found.owner_url is not None:
            await asyncio.to_thread(bring_up_to_date, found)
        assert found.database_url is not None  # noqa: S101 - engines has seen to it
        runtime = Runtime(
            found,
            load(found.contexts),
            database_url=found.database_url,
            valkey_url=found.valkey_url,
        )
        try:
            await runtime.stored_clock.refresh()
            yield runtime
        finally:
            await runtime.close()


@asynccontextmanager
async def engines(settings: Settings, *, alone: bool = False) -> AsyncIterator[Settings]:
    """The settings with the URLs of engines that answer; see `open_runtime`."""
    async with AsyncExitStack() as stack:
        wanted = {
            "postgres": settings.database_url is None,
            "valkey": settings.valkey_url is None,
        }
        found: dict[str, str] = {}
        if any(wanted.values()):
            answering = await _embedded(settings.data_folder, wanted, stack, alone=alone)
            if wanted["valkey"]:
                found["valkey_url"] = answering.valkey_url
            if wanted["postgres"]:
                owner_url, application_url = await asyncio.to_thread(
                    provision, answering.postgres_url
                )
                found |= {
                    "superuser_url": answering.postgres_url,
                    "owner_url": owner_url,
                    "database_url": application_url,
                }
        yield settings.model_copy(update=found)


def bring_up_to_date(settings: Settings) -> list[str]:
    """Migrate the selected contexts' schemas as the owner; returns those that changed."""
    assert settings.owner_url is not None  # noqa: S101 - the caller has looked
    lines = [each.migrations for each in load(settings.contexts) if each.migrations]
    return migrate(settings.owner_url, settings.application_role, lines)


async def _embedded(
    folder: Path, wanted: dict[str, bool], stack: AsyncExitStack, *, alone: bool
) -> Engines:
    owned = EmbeddedEngines(folder, postgres=wanted["postgres"], valkey=wanted["valkey"])
    try:
        answering = await asyncio.to_thread(owned.start)
    except DataFolderHeld:
        if alone:
            raise
        return _addresses(folder)
    stack.push_async_callback(asyncio.to_thread, owned.stop)
    stopping = asyncio.Event()
    watch = asyncio.create_task(_bring_back(owned, stopping), name="engines")

    async def stop_watching() -> None:
        stopping.set()
        await watch

    stack.push_async_callback(stop_watching)
    path = folder / _ADDRESSES
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(
            {"postgres_url": answering.postgres_url, "valkey_url": answering.valkey_url}, file
        )
    return answering


def _addresses(folder: Path) -> Engines:
    """Where the engines of the process that holds the folder answer."""
    try:
        return Engines(**json.loads((folder / _ADDRESSES).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise EngineError(
            f"Another process is just starting in {folder}; try again in a moment."
        ) from error


async def _bring_back(owned: EmbeddedEngines, stopping: asyncio.Event) -> None:
    """Start an engine again that died; everything that uses it connects anew by itself."""
    while not stopping.is_set():
        silent = await asyncio.to_thread(owned.silent)
        if silent:
            log.warning("engine_died", engines=silent)
            try:
                await asyncio.to_thread(owned.start)
            except EngineError:
                log.exception("engine_does_not_start")
        try:
            await asyncio.wait_for(stopping.wait(), 1)
        except TimeoutError:
            continue
