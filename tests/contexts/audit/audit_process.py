"""One process of the log's proofs, which its parent may kill at any moment.

python audit_process.py CONFIG plays a part on the database of CONFIG (JSON): `writer` makes
counters and ends, `sealer` seals until it is killed.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from chassis.counting import Counted, Counter
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.logging import configure_logging
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.audit.usecases.seal_entries import seal_entries
from gymhopper.kernel.ids import new_id


async def write(runtime: Runtime, count: int) -> None:
    staff = AuthSubject(kind="staff", id=new_id(), organisation_id=new_id())

    async def one() -> None:
        for _ in range(count):
            async with runtime.begin(staff) as uow:
                counter = Counter(new_id())
                uow.add(counter)
                uow.record(counter, Counted(), organisation_id=staff.organisation_id)

    await asyncio.gather(*(one() for _ in range(4)))


async def seal(runtime: Runtime) -> None:
    while True:
        async with runtime.begin(SERVICE) as uow:
            await seal_entries(uow, 7)


async def play(config: dict[str, Any]) -> None:
    settings = Settings(data_folder=Path(config["folder"]), pool_size=4)
    runtime = Runtime(settings, [], database_url=config["database_url"])
    await (write(runtime, config["count"]) if config["role"] == "writer" else seal(runtime))
    await runtime.close()


configure_logging(style="console", level="WARNING")
asyncio.run(play(json.loads(sys.argv[1])))
