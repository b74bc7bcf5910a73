"""What a gate does in a second, beside its server's no-op and beside the usual way to write it.

`measure` returns one JSON-able object; figures that others add go in next to it.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from bench.baselines import checkin as baseline
from bench.gate.cost import Cost
from bench.gate.drive import Load, Result, Route, drive, drive_at, write_readers
from bench.gate.lag import drain_lag_s, drained
from bench.gate.processes import free_port, resident_mb, running, serving
from bench.gate.rebuilding import migrated
from bench.gate.seed import seed_cell

Figures = dict[str, object]


@dataclass(frozen=True)
class Plan:
    """How much to measure: `seconds` is the length of each run, `rounds` how often the gate and
    its no-op take turns; the round of median speed is reported.
    """

    members: int = 100_000
    connections: int = 16
    seconds: int = 5
    rounds: int = 3


@dataclass(frozen=True)
class Servers:
    """Empty servers, and the process ids by which to watch them: `postgres` and `valkey`."""

    postgres_url: str
    valkey_url: str
    pids: dict[str, int]


async def measure_gate(servers: Servers, folder: Path, plan: Plan) -> Figures:
    """Fill the cell, start one worker and the drain, and load the worker and its no-op in turns."""
    valkey_url = servers.valkey_url
    readers = write_readers(
        folder / "readers",
        [
            (reader.token, str(UUID(bytes=reader.door_id)))
            for reader in await seed_cell(valkey_url, plan.members, datetime.now(UTC))
        ],
    )
    port = free_port()
    database_url = await asyncio.to_thread(migrated, servers.postgres_url)
    async with (
        serving("bench.gate.worker", valkey_url, str(port), port=port) as pid,
        running("bench.gate.draining", database_url, valkey_url, str(folder)) as drain,
    ):
        rss = {"gate": resident_mb(pid), "valkey": resident_mb(servers.pids["valkey"])}
        cost = Cost({"gate": pid, "drain": drain, **servers.pids})

        def load(route: Route, connections: int, seconds: int) -> Load:
            return Load(route, readers, plan.members, connections, seconds)

        async def one(route: Route, connections: int, seconds: int) -> Result:
            """A run that inherits no backlog from the one before."""
            await drained(valkey_url)
            return await drive(port, load(route, connections, seconds))

        await one("scan", plan.connections, 1)  # warm up
        noops, scans = [], []
        for _ in range(plan.rounds):
            noops.append(await one("noop", plan.connections, plan.seconds))
            with cost:
                scans.append(await one("scan", plan.connections, plan.seconds))
        noop, ours = _median(noops), _median(scans)
        await drained(valkey_url)
        half = await drive_at(
            port, load("scan", plan.connections, plan.seconds), ours.rps / 2, ours.p50_ms / 3
        )
        alone = await one("scan", 1, plan.seconds)
        await drained(valkey_url)
        lag = await drain_lag_s(
            valkey_url, port, load("scan", plan.connections, 2 * plan.seconds), ours.p50_ms / 3
        )
    return {
        "ours": ours.figures(),
        "noop": noop.figures(),
        "half_of_maximum": half.figures(),
        "one_connection_p50_ms": alone.p50_ms,
        "drain_lag_s": round(lag.oldest, 3),
        "drain_lag_at_rps": lag.rps,
        "ratio_to_noop": round(ours.rps / noop.rps, 3),
        "cpu_us_a_scan": cost.microseconds(sum(each.rps for each in scans) * plan.seconds),
        "rss_mb": {name: round(size, 1) for name, size in rss.items()},
    }


def _median(results: list[Result]) -> Result:
    return sorted(results, key=lambda each: each.rps)[len(results) // 2]


async def measure_baseline(postgres_url: str, folder: Path, plan: Plan) -> Result:
    """Fill the baseline's tables, start one worker of it, and load that."""
    readers = write_readers(folder / "devices", baseline.seed(postgres_url, plan.members))
    port = free_port()
    arguments = ("serve", postgres_url, str(port))
    async with serving("bench.baselines.checkin", *arguments, port=port):
        await drive(port, Load("scan", readers, plan.members, plan.connections, 1))
        return await drive(
            port, Load("scan", readers, plan.members, plan.connections, plan.seconds)
        )


async def measure(servers: Servers, folder: Path, plan: Plan) -> Figures:
    """Everything in one run."""
    usual = await measure_baseline(servers.postgres_url, folder, plan)
    gate = await measure_gate(servers, folder, plan)
    ours = gate["ours"]
    assert isinstance(ours, dict)
    return gate | {
        "baseline": usual.figures(),
        "ratio_to_baseline": round(ours["rps"] / usual.rps, 1),
    }
