"""Opens a runtime for a command: engines or external servers, migrated, with the contexts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from gymhopper.chassis.engines import EmbeddedEngines, EngineError
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.migrate import migrate
from gymhopper.chassis.provision import provision
from gymhopper.chassis.registry import Context, load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.kernel.errors import InvalidInput

log = get_logger(__name__)


@asynccontextmanager
async def open_runtime(settings: Settings, *, migrated: bool = True) -> AsyncIterator[Runtime]:
    """A runtime on the engines that the settings name; embedded ones run as long as the block.

    Brings the schema up to date first, unless told not to. Raises DataFolderHeld when another
    process has the embedded engines, EngineError when one does not start.
    """
    async with AsyncExitStack() as stack:
        settings = await _with_engines(settings, stack)
        contexts = load(settings.contexts)
        if migrated and settings.owner_url is not None:
            await asyncio.to_thread(_migrate, settings, contexts)
        assert settings.database_url is not None  # noqa: S101 - _with_engines has seen to it
        runtime = Runtime(
            settings, contexts, database_url=settings.database_url, valkey_url=settings.valkey_url
        )
        stack.push_async_callback(runtime.close)
        await runtime.stored_clock.refresh()
        yield runtime


async def _with_engines(settings: Settings, stack: AsyncExitStack) -> Settings:
    if settings.database_url is not None and settings.valkey_url is not None:
        return settings
    embedded = EmbeddedEngines(
        settings.data_folder,
        postgres=settings.database_url is None,
        valkey=settings.valkey_url is None,
    )
    stack.push_async_callback(asyncio.to_thread, embedded.stop)
    engines = await asyncio.to_thread(embedded.start)
    watching = asyncio.create_task(_bring_back(embedded), name="engines")
    stack.callback(watching.cancel)
    found: dict[str, str] = {}
    if settings.valkey_url is None:
        found["valkey_url"] = engines.valkey_url
    if settings.database_url is None:
        owner_url, application_url = await asyncio.to_thread(provision, engines.postgres_url)
        found |= {"owner_url": owner_url, "database_url": application_url}
    return settings.model_copy(update=found)


async def _bring_back(embedded: EmbeddedEngines) -> None:
    """Start an engine again that died; everything that uses it connects anew by itself."""
    while True:
        await asyncio.sleep(1)
        silent = await asyncio.to_thread(embedded.silent)
        if silent:
            log.warning("engine_died", engines=silent)
            try:
                await asyncio.to_thread(embedded.start)
            except EngineError:
                log.exception("engine_does_not_start")


def _migrate(settings: Settings, contexts: list[Context]) -> list[str]:
    if settings.owner_url is None:
        raise InvalidInput(
            "Migrating needs the owner's URL: set GYMHOPPER_OWNER_URL.", field="owner_url"
        )
    return migrate(
        settings.owner_url,
        settings.application_role,
        [each.migrations for each in contexts if each.migrations],
    )
