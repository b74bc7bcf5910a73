"""The HTTP server, on a real connection."""

import asyncio
import socket

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


async def _hello(_scope: object, _receive: object, send: object) -> None:
    assert callable(send)
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})
