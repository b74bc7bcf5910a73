"""The event that is measured, and who writes it.

    python -m bench.events.measured DATABASE_URL FOLDER SECONDS [RATE]

writes for so long from a process of its own: RATE events a second, each in its transaction, or as
many as it can in transactions of ten. It prints how many.
"""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import uvloop

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import configure_logging
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.contracts.event import Event
from gymhopper.kernel.ids import new_id

TOGETHER = 10
WRITERS = 4


class Measured(Event, frozen=True, kw_only=True):
    """Something of the size of an ordinary event."""

    type: ClassVar[str] = "measuring.thing.measured.v1"
    thing_id: UUID
    organisation_id: UUID
    kind: str = "an ordinary thing"


@dataclass(eq=False)
class Thing:
    id: UUID
    version: int = 0


async def append(runtime: Runtime, count: int) -> None:
    """One transaction with so many events of one new aggregate."""
    thing = Thing(new_id())
    async with runtime.begin(SERVICE) as uow:
        for _ in range(count):
            event = Measured(thing_id=thing.id, organisation_id=thing.id)
            uow.record(thing, event, organisation_id=thing.id)


async def at_rate(runtime: Runtime, rate: int, seconds: float) -> int:
    """Events at even distances; a late one does not delay those after it."""
    began = time.perf_counter()
    under_way: set[asyncio.Task[None]] = set()
    count = int(rate * seconds)
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        task = asyncio.create_task(append(runtime, 1))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return count


async def at_most(runtime: Runtime, seconds: float) -> int:
    """As many events as several writers can write."""
    until = time.perf_counter() + seconds

    async def one() -> int:
        count = 0
        while time.perf_counter() < until:
            await append(runtime, TOGETHER)
            count += TOGETHER
        return count

    return sum(await asyncio.gather(*(one() for _ in range(WRITERS))))


async def main(database_url: str, folder: str, seconds: str, rate: str | None = None) -> None:
    """Write, and say how many."""
    runtime = Runtime(Settings(data_folder=Path(folder)), [], database_url=database_url)
    if rate is None:
        count = await at_most(runtime, float(seconds))
    else:
        count = await at_rate(runtime, int(rate), float(seconds))
    await runtime.close()
    print(count)


if __name__ == "__main__":
    configure_logging(style="console", level="ERROR")
    uvloop.run(main(*sys.argv[1:]))
