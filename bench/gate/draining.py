"""The drain as a program of its own: `python -m bench.gate.draining <postgres> <valkey> <folder>`.

It runs at a lower priority than the gate, as an operator would have it: a door must not wait for
bookkeeping.
"""

import os
import sys
from pathlib import Path

import uvloop

from gymhopper.app.running import stop_signal
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.access import jobs
from gymhopper.contexts.access.usecases.drain_journal import ensure_partitions


async def main(database_url: str, valkey_url: str, folder: str) -> None:
    """Drain until the process is told to stop."""
    os.nice(10)
    stopping = stop_signal()
    settings = Settings(data_folder=Path(folder), contexts=("gymhopper.contexts.access",))
    runtime = Runtime(
        settings, load(settings.contexts), database_url=database_url, valkey_url=valkey_url
    )
    async with runtime.begin(SERVICE) as uow:
        await ensure_partitions(uow)
    drain = jobs.drain(runtime)
    await drain.start()
    print("draining", flush=True)
    await stopping.wait()
    await drain.stop()
    await runtime.close()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
