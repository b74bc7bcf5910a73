"""How fast events go through the log to one subscriber, local and over Kafka.

A process of its own writes; this one numbers, relays and delivers, as a deployment with one worker
does. `events_per_s` counts from the first write to the last delivery; `lag_*_ms` is the time from
the beginning of the writing transaction to the delivery, at `LAG_RATE` events a second.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.events.measured import Measured, append

from gymhopper.app.process import Process
from gymhopper.chassis.engines import EmbeddedEngines
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.migrate import migrate
from gymhopper.chassis.provision import APPLICATION, provision
from gymhopper.chassis.registry import Context, Subscriptions
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.chassis.unit_of_work import UnitOfWork

TREE = Path(__file__).parents[2]
LAG_RATE = 200
SETTLE_SECONDS = 60.0


class Heard:
    """Counts what arrives, and how old it was."""

    def __init__(self) -> None:
        self.count = 0
        self.lags: list[float] = []
        self.last = 0.0
        self.subscriptions = Subscriptions()
        self.subscriptions.on(Measured)(self._handle)

    async def _handle(self, _: UnitOfWork, __: Measured, envelope: Envelope) -> None:
        self.count += 1
        self.last = time.perf_counter()
        self.lags.append((datetime.now(UTC) - envelope.time).total_seconds())

    async def reaches(self, count: int) -> None:
        """Return when so many have arrived."""
        deadline = time.perf_counter() + SETTLE_SECONDS
        while self.count < count:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{self.count} of {count} events arrived")
            await asyncio.sleep(0.005)


async def report(seconds: int = 5) -> dict[str, Any]:
    """Figures for both transports, each on a new database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines = EmbeddedEngines(folder / "engines", valkey=False)
        postgres = (await asyncio.to_thread(engines.start)).postgres_url
        try:
            figures = {"local": await _measure(postgres, "local", folder, seconds, {})}
            missing = [each for each in ("java", "mvn") if shutil.which(each) is None]
            if missing:
                return figures | {"kafka": {"skipped": f"not found: {', '.join(missing)}"}}
            with _broker(folder / "kafka") as address:
                settings = {"kafka_servers": address, "kafka_partitions": 4}
                figures["kafka"] = await _measure(postgres, "kafka", folder, seconds, settings)
            return figures
        finally:
            await asyncio.to_thread(engines.stop)


async def _measure(
    postgres: str, name: str, folder: Path, seconds: int, settings: dict[str, Any]
) -> dict[str, float]:
    owner_url, url = await asyncio.to_thread(provision, postgres, f"bench_{name}")
    await asyncio.to_thread(migrate, owner_url, APPLICATION, [])
    heard = Heard()
    runtime = Runtime(
        Settings(data_folder=folder, port=0, **settings),
        [Context(name="bench", subscriptions=heard.subscriptions)],
        database_url=url,
    )
    process = Process(runtime, roles=("relay", "worker"))
    await process.start()
    try:
        await append(runtime, 1)
        await heard.reaches(1)  # connected, assigned, warm
        rate = await _throughput(url, folder, heard, seconds)
        lags = await _lags(url, folder, heard, seconds)
    finally:
        await process.stop()
    return {
        "events_per_s": round(rate),
        "lag_p50_ms": round(lags[len(lags) // 2] * 1000, 1),
        "lag_p99_ms": round(lags[int(len(lags) * 0.99)] * 1000, 1),
    }


async def _throughput(url: str, folder: Path, heard: Heard, seconds: int) -> float:
    before, began = heard.count, None
    writing = asyncio.create_task(_write(url, folder, seconds))
    while began is None:
        await asyncio.sleep(0.001)
        began = time.perf_counter() if heard.count > before else None
    count = await writing
    await heard.reaches(before + count)
    return count / (heard.last - began)


async def _lags(url: str, folder: Path, heard: Heard, seconds: int) -> list[float]:
    before = heard.count
    heard.lags.clear()
    count = await _write(url, folder, seconds, LAG_RATE)
    await heard.reaches(before + count)
    return sorted(heard.lags)


async def _write(url: str, folder: Path, *numbers: int) -> int:
    writer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.events.measured", url, str(folder), *map(str, numbers)),
        cwd=TREE,
        stdout=subprocess.PIPE,
    )
    written, _ = await writer.communicate()
    return int(written)


@contextmanager
def _broker(folder: Path) -> Iterator[str]:
    """The address of a Kafka broker that runs as long as the block."""
    broker = subprocess.Popen(
        [sys.executable, TREE / "dev" / "kafka" / "run.py", "--data", folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert broker.stdout is not None
        yield broker.stdout.readline().strip()
    finally:
        broker.terminate()
        broker.communicate(timeout=60)
