"""Names to addresses, off the event loop and apart from everybody else's threads."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host for a port, as text; none when it has none."""

# A name server may be as slow as whoever owns the name wants: its victims wait here only.
_THREADS = 16


class SystemResolver:
    """The machine's own resolver."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook-dns")

    async def __call__(self, host: str, port: int) -> list[str]:
        """Look up; a failure of any kind is no address."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self._threads, _look_up, host, port
            )
        except OSError:
            return []
        return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def _look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
