"""HTTP/1.1 over kept connections, as little as will do: the servers share the machine with it."""

import asyncio
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `head` is in lower case."""

    status: int
    head: bytes
    body: bytes

    @property
    def retry_after(self) -> int | None:
        """Seconds after which to come again, if it says so."""
        found = _field(self.head, b"retry-after")
        return int(found) if found is not None and found.isdigit() else None


class Line(asyncio.Protocol):
    """A connection with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._expected = 0
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def open(self) -> bool:
        """Whether another request may be sent."""
        return self._transport is not None

    async def ask(self, request: bytes) -> Answer:
        """Send it and wait; ConnectionError when no whole answer came."""
        if self._transport is None:
            raise ConnectionResetError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's own is none by its class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._expected:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _field(self._received[:end].lower(), b"content-length")
            self._expected = end + 4 + int(length or 0)
        if len(self._received) >= self._expected:
            whole, self._received = self._received, b""
            self._expected = 0
            head, _, body = whole.partition(b"\r\n\r\n")
            self._settle(Answer(int(head[9:12]), head.lower(), body))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError(str(exc or "closed")))

    def _settle(self, answer: Answer) -> None:
        if b"\r\nconnection: close" in answer.head:
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


async def connected(port: int) -> Line:
    """A new connection to a port of the loopback."""
    _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", port)
    return line


def request(method: str, path: str, token: str, *, key: str | None = None, body: str = "") -> bytes:
    """The bytes of a request."""
    fields = [
        f"{method} {path} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {token}",
        *([] if key is None else [f"idempotency-key: {key}"]),
        *(["content-type: application/json", f"content-length: {len(body)}"] if body else []),
    ]
    return ("\r\n".join(fields) + "\r\n\r\n" + body).encode()


def _field(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        if line.startswith(name + b":"):
            return line.partition(b":")[2].strip()
    return None
