"""Taking turns at one key inside a process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Locks by key, as many as are in use."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, key: bytes) -> AsyncIterator[None]:
        """Hold the key's lock."""
        lock, users = self._waiting.get(key, (None, 0))
        lock = lock or asyncio.Lock()
        self._waiting[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._waiting[key]
            if users == 1:
                del self._waiting[key]
            else:
                self._waiting[key] = (lock, users - 1)
