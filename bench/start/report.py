"""How long `gymhopper up` takes from the call to the first `/readyz` that says yes."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx
from bench.gate.processes import ServerFailed, free_port

Figures = dict[str, object]

PATIENCE = 120


async def report(seconds: int = 5) -> Figures:
    """The first start in an empty folder, then as many more as `seconds` on what it left there."""
    with tempfile.TemporaryDirectory() as folder:
        first = await _start(Path(folder))
        later = [await _start(Path(folder)) for _ in range(seconds)]
    return {
        "first_start_s": round(first, 2),
        "second_start_s": round(median(later), 2),
        "second_start_longest_s": round(max(later), 2),
    }


async def _start(folder: Path) -> float:
    """Seconds from the call to ready; the platform is stopped again."""
    port = free_port()
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("gymhopper"),
        *("up", "--data", str(folder), "--port", str(port)),
        env={**os.environ, "GYMHOPPER_LOG_LEVEL": "ERROR"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _ready(process, f"http://127.0.0.1:{port}/readyz")
        return time.perf_counter() - began
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE):
        while process.returncode is None:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)
    raise ServerFailed(f"gymhopper up ended with {process.returncode}")
