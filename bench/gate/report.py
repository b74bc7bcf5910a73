"""All figures of the doors' path, from one run on one machine: `gymhopper bench gate`."""

import asyncio
import tempfile
from pathlib import Path

from bench.gate.measure import Figures, Plan, Servers, measure
from bench.gate.rebuilding import ACCESS, migrated, rebuild_seconds
from bench.gate.revoking import revocation_p99_ms

from gymhopper.chassis.engines import EmbeddedEngines
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings


async def report(seconds: int = 5) -> Figures:
    """Everything, each part on engines of its own in a temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            **await _gate(folder / "gate", Plan(seconds=seconds)),
            "rebuild_s": round(await _rebuild(folder / "rebuild"), 2),
            "revocation_p99_ms": round(await revocation_p99_ms(folder), 1),
        }


async def _gate(folder: Path, plan: Plan) -> Figures:
    owner = EmbeddedEngines(folder)
    engines = await asyncio.to_thread(owner.start)
    try:
        pids = {name: owner.pids[name] for name in ("postgres", "valkey")}
        return await measure(Servers(engines.postgres_url, engines.valkey_url, pids), folder, plan)
    finally:
        await asyncio.to_thread(owner.stop)


async def _rebuild(folder: Path) -> float:
    owner = EmbeddedEngines(folder)
    engines = await asyncio.to_thread(owner.start)
    try:
        database_url = await asyncio.to_thread(migrated, engines.postgres_url)
        settings = Settings(data_folder=folder, contexts=(ACCESS,))
        runtime = Runtime(
            settings,
            load(settings.contexts),
            database_url=database_url,
            valkey_url=engines.valkey_url,
        )
        try:
            return await rebuild_seconds(runtime)
        finally:
            await runtime.close()
    finally:
        await asyncio.to_thread(owner.stop)
