"""How far the drain falls behind a steady stream of scans."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.gate.drive import Load, drive_at

from gymhopper.contexts.access.storage.valkey import ValkeyCell

SCANS_A_SECOND = 1000


@dataclass(frozen=True)
class Lag:
    """Scans a second that went on, and the greatest age in seconds of an entry that waited."""

    rps: float
    oldest: float


async def drain_lag_s(valkey_url: str, port: int, load: Load, typical_ms: float) -> Lag:
    """Put 1,000 scans a second on the gate at the port, while the drain of its cell runs."""
    async with _open(valkey_url) as cell:
        scanning = asyncio.create_task(drive_at(port, load, SCANS_A_SECOND, typical_ms))
        oldest = 0.0
        while not scanning.done():
            oldest = max(oldest, await _age(cell))
            await asyncio.sleep(0.05)
        return Lag((await scanning).rps, oldest)


async def drained(valkey_url: str) -> None:
    """Return when nothing waits any more."""
    async with asyncio.timeout(300), _open(valkey_url) as cell:
        while True:
            if await _age(cell) == 0:
                return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _open(valkey_url: str) -> AsyncIterator[ValkeyCell]:
    cell = ValkeyCell(valkey_url)
    await cell.open()
    try:
        yield cell
    finally:
        await cell.close()


async def _age(cell: ValkeyCell) -> float:
    """Seconds that the first entry of the journal has waited; the server's own time stamps it."""
    first = await cell.call("XRANGE", b"j", b"-", b"+", "COUNT", 1)
    if not first:
        return 0.0
    written = int(first[0][0].partition(b"-")[0]) / 1000
    return max(time.time() - written, 0.0)  # the benchmark measures the machine's own time
