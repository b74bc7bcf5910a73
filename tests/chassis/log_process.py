"""One process of the log's proofs, which its parent may kill at any moment.

python log_process.py CONFIG plays a part on the database of CONFIG (JSON): `writer` counts up
shared counters and ends; `relay` and `worker` run until they are killed or terminated.
"""

import asyncio
import contextlib
import json
import random
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.counting import count_up, noting
from gymhopper.app.process import Process
from gymhopper.chassis.logging import configure_logging
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings


async def write(
    runtime: Runtime, counters: list[UUID], *, writers: int, count: int, values: int, seed: int
) -> None:
    async def one(choose: random.Random) -> None:
        for _ in range(count):
            await count_up(runtime, choose.choice(counters), *range(values))

    await asyncio.gather(*(one(random.Random(f"{seed} {n}")) for n in range(writers)))
    await runtime.close()


async def run(runtime: Runtime, role: str) -> None:
    process = Process(runtime, roles=(role,))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await process.start()
    await stop.wait()
    await process.stop()


def main(config: dict[str, Any]) -> None:
    configure_logging(style="console", level="WARNING")
    settings = Settings(
        data_folder=Path(config["folder"]), port=0, pool_size=8, **config["settings"]
    )
    name = config["subscriber"]
    runtime = Runtime(
        settings,
        [Context(name=name, subscriptions=noting(name))],
        database_url=config["database_url"],
    )
    counters = [UUID(each) for each in config["counters"]]
    if config["role"] == "writer":
        work = write(runtime, counters, **config["work"])
    else:
        work = run(runtime, config["role"])
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(work)


main(json.loads(sys.argv[1]))
