"""A thin client of Valkey for one purpose: many small calls, in flight at once, on one connection.

Calls that are made in one turn of the event loop leave in few writes, replies are matched by order
(RESP2 pipelining). A general client spends more time on a call than the server does; the figures
are in `docs/reference/performance.md`.
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import hiredis
import msgspec

from gymhopper.kernel.errors import GymhopperError, Unavailable

log = logging.getLogger(__name__)

Argument = bytes | str | int

# Its stub knows tuples of one element only.
_pack = cast("Callable[[tuple[Argument, ...]], bytes]", hiredis.pack_command)

# What a server answers: RESP2 has strings, integers, lists and nil.
Reply = Any

# So many calls leave without waiting for the turn's end: the server works on them meanwhile. With
# all of a busy turn's calls in one write, server and gate would wait for each other by turns.
AT_ONCE = 4

FIRST_DELAY = 0.05
LONGEST_DELAY = 1.0

# States that pass: loading after a start, replica before its promotion, no memory left.
_PASSING = ("LOADING", "MASTERDOWN", "READONLY", "OOM", "CLUSTERDOWN", "TRYAGAIN", "MISCONF")

# What the connection was prepared with is gone, by FUNCTION FLUSH or an empty replacement.
_LOST = ("ERR Function not found", "NOSCRIPT", "NOAUTH")


class ValkeyError(GymhopperError):
    """The server refused a command: a fault of ours."""

    code = "valkey_error"


class Address(msgspec.Struct, frozen=True):
    """Where a server is and how to sign in."""

    host: str | None
    port: int
    path: str | None
    username: str | None
    password: str | None
    database: int
    tls: bool

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read `valkey://user:password@host:port/db`, `valkeys://` (TLS) or `unix:///path?db=0`.

        `redis` and `rediss` are other names for the first two. Raises ValueError.
        """
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        scheme = {"redis": "valkey", "rediss": "valkeys"}.get(parts.scheme, parts.scheme)
        if scheme not in ("valkey", "valkeys", "unix"):
            raise ValueError(f"not the URL of a Valkey server: scheme {parts.scheme!r}")
        local = scheme == "unix"
        database = query.get("db", ["0"])[0] if local else parts.path.strip("/") or "0"
        return cls(
            host=None if local else parts.hostname or "127.0.0.1",
            port=0 if local else parts.port or 6379,
            path=unquote(parts.path) if local else None,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            database=int(database),
            tls=scheme == "valkeys",
        )


class _Pipe(asyncio.Protocol):
    """One connection: calls out in order, replies back in order."""

    def __init__(self, timeout: float, lost: asyncio.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout = timeout
        self._lost = lost
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._outgoing: list[bytes] = []
        self._replies = 0
        self._watch: asyncio.TimerHandle | None = None

    def call(self, *arguments: Argument) -> asyncio.Future[Reply]:
        """Send a command; the future has its reply."""
        future: asyncio.Future[Reply] = self._loop.create_future()
        if self._transport is None:
            future.set_exception(_away())
            return future
        self._waiting.append(future)
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(_pack(arguments))
        if len(self._outgoing) >= AT_ONCE:
            self._flush()
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout / 2, self._look, self._replies, 1)
        return future

    def close(self) -> None:
        """Give up the connection; calls in flight fail."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # No isinstance: uvloop's transports are not asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        reader, waiting = self._reader, self._waiting
        try:
            reader.feed(data)
            while (reply := reader.gets()) is not False:
                self._replies += 1
                future = waiting.popleft()
                if future.done():
                    continue
                if isinstance(reply, hiredis.ReplyError):
                    future.set_exception(self._refused(str(reply)))
                else:
                    future.set_result(reply)
        except (hiredis.ProtocolError, IndexError):
            log.exception("valkey sent something that is no reply")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        if self._watch is not None:
            self._watch.cancel()
        self._outgoing.clear()
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(_away())
                future.exception()  # one that nobody waits for any more is no bug
        self._lost.set()

    def _refused(self, sentence: str) -> GymhopperError:
        if sentence.startswith(_LOST):
            self.close()  # and prepare a new connection
            return _away()
        if sentence.startswith(_PASSING):
            return Unavailable("the cell's state cannot be used now")
        return ValkeyError(sentence)

    def _flush(self) -> None:
        if self._transport is not None and self._outgoing:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def _look(self, replies: int, age: int) -> None:
        """Twice per timeout: give up when calls wait and no reply came for all of it."""
        self._watch = None
        if not self._waiting:
            return
        if self._replies != replies:
            age = 0
        elif age >= 2:
            log.warning("valkey did not answer within %s s", self._timeout)
            self.close()
            return
        self._watch = self._loop.call_later(self._timeout / 2, self._look, self._replies, age + 1)


class ValkeyClient:
    """Keeps one pipelined connection to a server, and makes it again when it is lost.

    While there is none, calls fail at once with Unavailable; so do calls whose reply does not come
    within `timeout` seconds. A call that failed may have taken effect. `prepare` runs on every new
    connection before it takes calls.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 2.0,
        prepare: "Callable[[Call], Awaitable[None]] | None" = None,
    ) -> None:
        self._address = Address.parse(url)
        self._timeout = timeout
        self._prepare = prepare
        self._pipe: _Pipe | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    async def open(self) -> None:
        """Start to connect, and wait up to `timeout` for the first connection.

        A server that is away is no error: it is tried again in the background.
        """
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name="valkey connection")
        try:
            await asyncio.wait_for(self._connected.wait(), self._timeout)
        except TimeoutError:
            log.warning("valkey is away; trying on")

    async def close(self) -> None:
        """Disconnect; calls in flight fail."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    def call(self, *arguments: Argument) -> asyncio.Future[Reply]:
        """Send one command. Raises Unavailable, and ValkeyError when the server refuses it."""
        pipe = self._pipe
        if pipe is None:
            future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
            future.set_exception(_away())
            return future
        return pipe.call(*arguments)

    async def _keep(self) -> None:
        delay = FIRST_DELAY
        while True:
            lost = asyncio.Event()
            pipe = None
            try:
                async with asyncio.timeout(self._timeout):
                    pipe = await self._connect(lost)
                self._pipe = pipe
                self._connected.set()
                delay = FIRST_DELAY
                await lost.wait()
                log.warning("valkey connection lost")
            except (OSError, TimeoutError, GymhopperError) as error:
                log.warning("valkey cannot be reached: %s", error)
            finally:
                self._pipe = None
                self._connected.clear()
                if pipe is not None:
                    pipe.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _connect(self, lost: asyncio.Event) -> _Pipe:
        loop, address = asyncio.get_running_loop(), self._address
        pipe = _Pipe(self._timeout, lost)
        if address.path is not None:
            await loop.create_unix_connection(lambda: pipe, address.path)
        else:
            secure = ssl.create_default_context() if address.tls else None
            host = address.host or "127.0.0.1"
            await loop.create_connection(lambda: pipe, host, address.port, ssl=secure)
        try:
            if address.password is not None:
                names = () if address.username is None else (address.username,)
                await pipe.call("AUTH", *names, address.password)
            if address.database:
                await pipe.call("SELECT", address.database)
            if self._prepare is not None:
                await self._prepare(pipe.call)
        except BaseException:
            pipe.close()
            raise
        return pipe


Call = Callable[..., "asyncio.Future[Reply]"]


def _away() -> Unavailable:
    return Unavailable("the cell's state cannot be reached")
