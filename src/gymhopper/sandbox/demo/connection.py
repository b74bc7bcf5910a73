"""What a reader's firmware has for HTTP: one connection, kept open, with little around a request.

The latencies that the demonstration shows are those of the door, not of a client library.
"""

import asyncio
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"
SECONDS = 10.0
"""Within which an answer must have come."""


class Connection:
    """Posts JSON to one server, one request at a time (HTTP/1.1, RFC 9112)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        """Status and body of the answer. OSError when there is none.

        A connection that the server has closed meanwhile is opened again, and the request sent
        again, so it must be one that may come twice.
        """
        request = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        if self._streams is not None:
            try:
                return await self._exchange(*self._streams, request)
            except (OSError, EOFError):
                await self.close()
        self._streams = await asyncio.open_connection(self._host, self._port)
        try:
            return await self._exchange(*self._streams, request)
        except (OSError, EOFError) as error:
            await self.close()
            raise ConnectionError("the server does not answer") from error

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, bytes]:
        writer.write(request)
        async with asyncio.timeout(SECONDS):
            head = await reader.readuntil(HEAD_END)
            status, length = _read(head)
            return status, await reader.readexactly(length)

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()


def _read(head: bytes) -> tuple[int, int]:
    """Status and length of the body."""
    first, *fields = head.split(b"\r\n")
    for field in fields:
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length":
            return int(first.split(b" ", 2)[1]), int(value)
    raise ConnectionError("the server did not say how long its answer is")
