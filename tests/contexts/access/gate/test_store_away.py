"""A Valkey that is killed, stalled or not ready, and gates that go on afterwards."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from contexts.access.gate.conftest import ValkeyStore
from contexts.access.gate.world import World
from gymhopper.chassis.engines import EmbeddedEngines
from gymhopper.contexts.access.storage.valkey import LIBRARY, ValkeyCell
from gymhopper.contexts.access.storage.valkey_client import Address, ValkeyClient, ValkeyError
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.errors import Unavailable


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedEngines]:
    server = EmbeddedEngines(tmp_path / "own", postgres=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def own_world(own_server: EmbeddedEngines, clock: ManualClock) -> AsyncIterator[World]:
    """A world on a server that the test may kill."""
    engines = await asyncio.to_thread(own_server.start)
    async with contextlib.AsyncExitStack() as stack:
        store = ValkeyStore(engines.valkey_url, stack)
        await store.open()
        yield World(store, clock)


async def until(happens: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await happens():  # noqa: ASYNC110 - a real process sets no event of ours
            await asyncio.sleep(0.02)


async def test_a_killed_valkey_is_a_503_and_everything_goes_on_when_it_is_back(
    own_world: World, own_server: EmbeddedEngines
) -> None:
    world = own_world
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    before = await world.scan(reader, member, request_id="before")
    os.kill(own_server.pids["valkey"], signal.SIGKILL)

    async def away() -> bool:
        answer = await world.post_scan(reader, member, request_id="meanwhile")
        if answer.status_code == 503:
            assert answer.json()["code"] == "SYSTEM_ERROR"
            assert answer.headers["retry-after"] == "1"
            return True
        return False

    await until(away)
    assert (await world.http.get("/healthz")).status_code == 200
    assert (await world.http.get("/readyz")).status_code == 503
    await asyncio.to_thread(own_server.start)

    async def back() -> bool:
        return (await world.http.get("/readyz")).status_code == 200

    await until(back)
    assert await world.scan(reader, member, request_id="before") == before
    assert (await world.scan(reader, member, request_id="after"))["decision"] == "allow"


async def test_calls_in_flight_fail_when_the_server_dies(own_server: EmbeddedEngines) -> None:
    engines = await asyncio.to_thread(own_server.start)
    cell = ValkeyCell(engines.valkey_url)
    await cell.open()
    blocked = cell.call("BLPOP", "nothing", 0)
    await asyncio.sleep(0)  # let it leave
    os.kill(own_server.pids["valkey"], signal.SIGKILL)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(blocked, 5)
    await cell.close()


async def test_a_stalled_server_times_out_and_later_calls_work(
    own_server: EmbeddedEngines,
) -> None:
    engines = await asyncio.to_thread(own_server.start)
    cell = ValkeyCell(engines.valkey_url, timeout=0.3)
    await cell.open()
    pid = own_server.pids["valkey"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            await asyncio.wait_for(cell.fetch(b"x"), 5)
        with pytest.raises(Unavailable):
            await cell.fetch(b"x")
    finally:
        os.kill(pid, signal.SIGCONT)

    async def answers() -> bool:
        try:
            return await cell.fetch(b"x") == [None]
        except Unavailable:
            return False

    await until(answers)
    await cell.close()


async def test_functions_are_loaded_again_into_a_server_that_lost_them(
    valkey_store: ValkeyStore,
) -> None:
    cell = valkey_store.state
    await cell.call("FUNCTION", "FLUSH")

    async def answers() -> bool:
        try:
            await cell.look_up_passage(b"s" * 16, b"d" * 16)
        except Unavailable:
            return False
        return True

    await until(answers)
    assert await cell.call("FUNCTION", "LIST", "LIBRARYNAME", LIBRARY)


async def test_a_cell_without_a_snapshot_is_not_ready(
    valkey_store: ValkeyStore, clock: ManualClock
) -> None:
    world = World(valkey_store, clock)
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    await valkey_store.state.call("DEL", b"m:ready")
    for answer in (
        await world.post_scan(reader, member),
        await world.passage(reader, "00000000-0000-7000-8000-000000000000", "passed"),
        await world.http.get("/readyz"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "SYSTEM_ERROR")
    body = await world.challenge(reader)
    assert (await world.http.post("/access/sessions", json=body)).status_code == 503


async def test_a_command_that_is_refused_is_an_error_of_its_own_call_only(
    valkey_store: ValkeyStore,
) -> None:
    call = valkey_store.state.call
    wrong, right = call("NO-SUCH-COMMAND"), call("ECHO", "still here")
    with pytest.raises(ValkeyError):
        await wrong
    assert await right == b"still here"


async def test_replies_find_their_calls_when_some_callers_gave_up(
    valkey_store: ValkeyStore,
) -> None:
    calls = [valkey_store.state.call("ECHO", str(number)) for number in range(100)]
    for call in calls[::3]:
        call.cancel()
    for number, call in enumerate(calls):
        if number % 3:
            assert await call == str(number).encode()


async def test_opening_towards_nobody_is_no_error(tmp_path: Path) -> None:
    client = ValkeyClient(f"unix://{tmp_path}/nobody.sock", timeout=0.1)
    await client.open()
    with pytest.raises(Unavailable):
        await client.call("PING")
    await client.close()


async def test_a_server_that_speaks_something_else_is_left(tmp_path: Path) -> None:
    async def gibberish(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
        writer.close()

    path = str(tmp_path / "odd.sock")
    server = await asyncio.start_unix_server(gibberish, path)
    client = ValkeyClient(f"unix://{path}", timeout=0.5)
    await client.open()
    with pytest.raises(Unavailable):
        await client.call("PING")
    await client.close()
    server.close()


def test_the_client_works_on_uvloop(valkey_url: str) -> None:
    """The loop that gates run on has transports of its own kind."""

    async def scenario() -> None:
        cell = ValkeyCell(valkey_url)
        await cell.open()
        assert await cell.call("ECHO", "on uvloop") == b"on uvloop"
        await cell.close()

    uvloop.run(scenario())


async def test_the_client_works_over_tcp(valkey_url: str) -> None:
    path, finished = Address.parse(valkey_url).path, asyncio.Event()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_unix_connection(path)
        await asyncio.gather(pump(reader, down), pump(up, writer))
        finished.set()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
        sink.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    cell = ValkeyCell(f"valkey://{host}:{port}/1")
    await cell.open()
    assert await cell.call("ECHO", "over tcp") == b"over tcp"
    await cell.close()
    await asyncio.wait_for(finished.wait(), 5)
    server.close()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("valkey://h:7000/3", Address("h", 7000, None, None, None, 3, False)),
        ("redis://:p%40ss@h", Address("h", 6379, None, None, "p@ss", 0, False)),
        ("rediss://u:p@h:1", Address("h", 1, None, "u", "p", 0, True)),
        ("unix:///a%20b/c.sock?db=2", Address(None, 0, "/a b/c.sock", None, None, 2, False)),
    ],
)
def test_urls_are_read(url: str, address: Address) -> None:
    assert Address.parse(url) == address


def test_a_url_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="http"):
        Address.parse("http://h")
