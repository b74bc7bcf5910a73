"""Load from `wrk` on a server, and what came of it."""

import asyncio
import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

_SCRIPT = Path(__file__).with_name("load.lua")

Route = Literal["noop", "scan"]


class LoadFailed(Exception):
    """`wrk` is missing, did not run, or requests failed."""


@dataclass(frozen=True)
class Load:
    """What is asked: by how many connections, for how long, with which pause between requests."""

    route: Route
    readers: Path
    members: int
    connections: int = 16
    seconds: int = 5
    delay_ms: float = 0
    prefix: str = ""


@dataclass(frozen=True)
class Result:
    """Requests a second, and latencies in milliseconds."""

    rps: float
    p50_ms: float
    p99_ms: float
    failed: int = 0

    def figures(self) -> dict[str, float]:
        """What is reported: three figures."""
        return {key: value for key, value in asdict(self).items() if key != "failed"}


def write_readers(path: Path, readers: list[tuple[str, str]]) -> Path:
    """The file that tells the load script tokens and doors."""
    path.write_text("".join(f"{token} {door}\n" for token, door in readers))
    return path


async def drive(port: int, load: Load) -> Result:
    """Put the load on the server at the port of the loopback; raises LoadFailed."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise LoadFailed("wrk is not installed: make deps")
    process = await asyncio.create_subprocess_exec(
        wrk,
        "-t1",
        f"-c{load.connections}",
        f"-d{load.seconds}s",
        *("-s", str(_SCRIPT), f"http://127.0.0.1:{port}", "--"),
        *(load.route, str(load.readers), str(load.members), str(load.delay_ms), load.prefix),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    result = parse(printed.decode())
    if result.failed:
        raise LoadFailed(f"{result.failed} requests failed:\n{printed.decode()}")
    return result


def parse(printed: str) -> Result:
    """The figures in what the load script printed."""
    for line in printed.splitlines():
        if line.startswith("RESULT "):
            return Result(**json.loads(line.removeprefix("RESULT ")))
    raise LoadFailed(f"wrk printed no result:\n{printed}")


async def drive_at(port: int, load: Load, rps: float, typical_ms: float) -> Result:
    """Put about `rps` on the server: connections pause between requests, tuned by a first run."""
    cycle_ms = load.connections / rps * 1000
    delay_ms = max(cycle_ms - typical_ms, 0.05)
    for seconds in (1, load.seconds):
        paced = replace(load, seconds=seconds, delay_ms=delay_ms)
        result = await drive(port, paced)
        delay_ms = max(delay_ms + cycle_ms - load.connections / result.rps * 1000, 0.05)
    return result
