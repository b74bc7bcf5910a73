"""The HTTP server as a component."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from gymhopper.kernel.errors import GymhopperError

KEEP_ALIVE = 75
"""Seconds after which an idle connection is closed: longer than proxies and clients keep theirs,
or they would send a request into a connection that is being closed."""


class PortTaken(GymhopperError):
    """The address is not ours to listen on: somebody else does, or this machine has none such."""

    code = "port_taken"


class _Server(uvicorn.Server):
    """Leaves signals to the process, which stops all its components in order, and ends at once
    when nothing is under way: uvicorn's own would look each 0.1 s whether it shall."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._dismissed = asyncio.Event()

    def dismiss(self) -> None:
        """Have `serve` end as soon as requests under way are answered."""
        self.should_exit = True
        self._dismissed.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which renews the header Date
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._dismissed.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in (*self.servers, *(sockets or ())):
            each.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 - they tell nobody
                    await asyncio.sleep(0.005)
        except TimeoutError:
            for task in state.tasks:
                task.cancel()


class HttpServer:
    """Serves an ASGI app on a loopback or given address; `port` 0 takes a free one."""

    name = "http"

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        self._socket: socket.socket | None = None
        self._host = host
        self._wanted = port
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                # Else a request that is read in parts or comes early begins in the context of
                # the one before, and takes its dry run for its own.
                reset_contextvars=True,
                timeout_graceful_shutdown=10,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, once started."""
        if self._socket is None:
            return self._wanted
        port: int = self._socket.getsockname()[1]
        return port

    def bind(self) -> str:
        """Take the port, answer nothing yet; returns the URL. PortTaken when it is not free."""
        # With the protocol named, asyncio has small answers go out at once (TCP_NODELAY); without,
        # each one on a kept connection waits 40 ms for the other side's acknowledgement.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._wanted))
        except OSError as error:
            listening.close()
            raise PortTaken(
                f"Cannot answer on {self._host}:{self._wanted}: {error.strerror}."
            ) from error
        self._socket = listening
        return f"http://{self._host}:{self.port}"

    async def start(self) -> None:
        """Serve; returns when connections are taken."""
        if self._socket is None:
            self.bind()
        assert self._socket is not None  # noqa: S101 - bind has just set it
        self._task = asyncio.create_task(self._server.serve([self._socket]), name=self.name)
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise OSError("the HTTP server ended at once")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Take no new connections and let requests under way finish."""
        self._server.dismiss()
        if self._task is not None:
            await asyncio.wait({self._task})

    def trouble(self) -> str | None:
        """Ready while its task lives."""
        return "stopped" if self._task is None or self._task.done() else None
