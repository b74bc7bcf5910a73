"""The HTTP server, on a real connection."""

import asyncio
import socket

import pytest

from gymhopper.chassis.server import HttpServer


async def test_an_answer_on_a_kept_connection_does_not_wait_for_the_other_side() -> None:
    server = HttpServer(_hello, host="127.0.0.1", port=0)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await reader.readuntil(b"hello") != b""
    (connection,) = server._server.server_state.connections
    accepted = connection.transport.get_extra_info("socket")
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    writer.close()
    await server.stop()


async def test_a_stop_lets_the_request_under_way_finish_and_closes_what_is_idle() -> None:
    asked, allowed = asyncio.Event(), asyncio.Event()

    async def slow(scope: object, receive: object, send: object) -> None:
        asked.set()
        await allowed.wait()
        await _hello(scope, receive, send)

    server = HttpServer(slow, host="127.0.0.1", port=0)
    await server.start()
    place = ("127.0.0.1", server.port)
    idle, idle_writer = await asyncio.open_connection(*place)
    busy, busy_writer = await asyncio.open_connection(*place)
    busy_writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asked.wait()
    stopping = asyncio.create_task(server.stop())
    assert await idle.read() == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*place)
    assert not stopping.done()
    allowed.set()
    assert (await busy.read()).endswith(b"hello")
    await stopping
    idle_writer.close()
    busy_writer.close()


async def test_a_request_that_never_ends_is_cancelled_by_a_stop() -> None:
    asked, cancelled = asyncio.Event(), asyncio.Event()

    async def endless(_scope: object, _receive: object, _send: object) -> None:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    server = HttpServer(endless, host="127.0.0.1", port=0)
    server._server.config.timeout_graceful_shutdown = 0
    await server.start()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asked.wait()
    await server.stop()
    await asyncio.wait_for(cancelled.wait(), 10)
    writer.close()


async def _hello(_scope: object, _receive: object, send: object) -> None:
    assert callable(send)
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})
