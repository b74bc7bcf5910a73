"""A platform at work on the test's own database, and the small network loaded into it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fixtures.engines import TestDatabase
from gymhopper.app.demo import DEMO_CONTEXTS
from gymhopper.app.process import Process
from gymhopper.app.running import running
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.sandbox.demo.client import Platform
from gymhopper.sandbox.demo.doors import Doors
from gymhopper.sandbox.demo.loading import Loaded, load
from sandbox.demo.small_network import MEMBERS, SMALL


@pytest.fixture
async def platform(
    database: TestDatabase, engines: Engines, tmp_path: Path
) -> AsyncIterator[Process]:
    settings = Settings(
        data_folder=tmp_path,
        port=0,
        contexts=DEMO_CONTEXTS,
        database_url=database.url,
        owner_url=database.owner_url,
        valkey_url=engines.valkey_url,
    )
    cell = ValkeyCell(engines.valkey_url)
    await cell.open()
    await cell.call("FLUSHALL")
    await cell.close()
    async with running(settings) as process:
        yield process


@pytest.fixture
async def loaded(platform: Process, tmp_path: Path) -> Loaded:
    return await load(platform.runtime, tmp_path, SMALL, MEMBERS, lambda *_: None)


@pytest.fixture
async def client(platform: Process, loaded: Loaded) -> AsyncIterator[Platform]:
    client = Platform(platform.url, loaded.administrator)
    yield client
    await client.close()


@pytest.fixture
async def doors(platform: Process, loaded: Loaded, client: Platform) -> AsyncIterator[Doors]:
    doors = Doors(client, loaded.founded.doors, loaded.keyring, platform.runtime.clock)
    await doors.sign_in()
    yield doors
    await doors.close()
