"""The gate behind the server that it is run with, over real sockets."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from contexts.access.gate.world import World, bearer


@pytest.fixture
async def port(world: World) -> AsyncIterator[int]:
    config = uvicorn.Config(world.app, port=0, http="httptools", log_level="warning")  # type: ignore[arg-type] # uvicorn types scopes closely
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, no event
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def test_a_scan_over_a_socket(world: World, port: int) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        answers = [await world.scan(reader, member, http=http) for _ in range(2)]
    assert [answer["decision"] for answer in answers] == ["allow", "allow"]
    assert answers[1]["notices"] == ["DUPLICATE_SCAN"]


async def test_an_oversized_body_is_refused_before_it_is_sent(world: World, port: int) -> None:
    reader = await world.reader(await world.door())
    connection_in, connection_out = await asyncio.open_connection("127.0.0.1", port)
    connection_out.write(
        b"POST /access/checkin HTTP/1.1\r\nhost: gate\r\ncontent-length: 10000000\r\n"
        b"authorization: Bearer " + reader.token.encode() + b"\r\n\r\n{"
    )
    status = await asyncio.wait_for(connection_in.readline(), 5)
    assert status.startswith(b"HTTP/1.1 413 ")
    connection_out.close()


async def test_a_client_that_leaves_in_the_middle_disturbs_nobody(
    world: World, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    _, leaving = await asyncio.open_connection("127.0.0.1", port)
    leaving.write(b"POST /access/checkin HTTP/1.1\r\nhost: gate\r\ncontent-length: 100\r\n\r\n{")
    await leaving.drain()
    leaving.close()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
    assert "Exception" not in caplog.text


async def test_answers_are_utf_8_json_with_a_correlation_id(world: World, port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        answer = await http.post("/access/checkin", content=b"{}", headers=bearer("x"))
    assert json.loads(answer.content.decode())["status"] == 422
    assert answer.headers["x-correlation-id"]


def test_the_gate_and_the_domain_carry_nothing_heavy() -> None:
    """A box at a venue imports them, and has none of these."""
    program = (
        "import sys, gymhopper.contexts.access.gate.app, gymhopper.contexts.access.domain.decision;"
        "heavy = {'sqlalchemy', 'psycopg', 'fastapi', 'pydantic', 'redis', 'hiredis', 'stripe'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"
