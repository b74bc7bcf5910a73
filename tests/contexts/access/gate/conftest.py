"""The gate's tests run against every kind of state that a gate can have."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from contexts.access.gate.world import NOON, Store, World
from gymhopper.chassis.engines import EmbeddedEngines
from gymhopper.contexts.access.domain.records import Version
from gymhopper.contexts.access.gate.journal import JournalEntry
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.storage.valkey_feed import FeedRow, Kind, ValkeyFeed
from gymhopper.kernel.clock import ManualClock


class ValkeyStore:
    """A cell of its own in the tests' server."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack
        self._numbers = itertools.count(1)
        self.cursor = Version(1, 0)

    async def open(self) -> None:
        self.state = await self.another()
        self.valkey = ValkeyFeed(self.state)
        await self.state.call("FLUSHALL")
        epoch = await self.valkey.begin_rebuild()
        self.cursor = await self.valkey.finish_rebuild(epoch, 0)

    async def another(self) -> ValkeyCell:
        cell = ValkeyCell(self._url)
        await cell.open()
        self._stack.push_async_callback(cell.close)
        return cell

    async def feed(self, kind: Kind, key: bytes, payload: bytes | None) -> None:
        number = next(self._numbers)
        rows = [FeedRow(kind, key, number, payload)]
        self.cursor = await self.valkey.apply(self.cursor, rows, number)

    async def journal(self) -> list[JournalEntry]:
        return [entry for _, entry in await self.valkey.read_journal(None)]


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedEngines(tmp_path_factory.mktemp("cell"), postgres=False) as engines:
        yield engines.valkey_url


@pytest.fixture
async def valkey_store(valkey_url: str) -> AsyncIterator[ValkeyStore]:
    async with AsyncExitStack() as stack:
        store = ValkeyStore(valkey_url, stack)
        await store.open()
        yield store


@pytest.fixture(params=["valkey_store"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each kind of state in turn; a new one joins by its fixture's name."""
    found: Store = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def world(store: Store, clock: ManualClock) -> World:
    return World(store, clock)
