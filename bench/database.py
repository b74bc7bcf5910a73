"""A new, empty database with the tables of some contexts, for one measurement."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gymhopper.app.opening import bring_up_to_date
from gymhopper.chassis.engines import EmbeddedEngines
from gymhopper.chassis.provision import provision
from gymhopper.chassis.settings import Settings


@dataclass(frozen=True, slots=True)
class Fresh:
    """By the application's role, by the owner, and as settings of a process."""

    url: str
    owner_url: str
    valkey_url: str
    settings: Settings


@asynccontextmanager
async def fresh_database(contexts: Sequence[str]) -> AsyncIterator[Fresh]:
    """On engines of its own, which are gone with the block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        owner = EmbeddedEngines(folder)
        engines = await asyncio.to_thread(owner.start)
        try:
            owner_url, url = await asyncio.to_thread(provision, engines.postgres_url)
            settings = Settings(
                data_folder=folder,
                contexts=tuple(contexts),
                database_url=url,
                owner_url=owner_url,
            )
            await asyncio.to_thread(bring_up_to_date, settings)
            yield Fresh(url, owner_url, engines.valkey_url, settings)
        finally:
            await asyncio.to_thread(owner.stop)
