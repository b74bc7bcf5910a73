"""Child processes of the log's proofs: started, killed without warning, and started again."""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from fixtures.engines import TestDatabase

PROGRAM = Path(__file__).with_name("log_process.py")


@dataclass
class Troupe:
    """The processes of one test, all on one database."""

    database: TestDatabase
    folder: Path
    counters: list[UUID]
    subscriber: str
    settings: dict[str, object] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, role: str, **work: int) -> subprocess.Popen[bytes]:
        config = {
            "role": role,
            "database_url": self.database.url,
            "folder": str(self.folder),
            "counters": [str(each) for each in self.counters],
            "subscriber": self.subscriber,
            "settings": self.settings,
            "work": work,
        }
        process = subprocess.Popen(
            [sys.executable, PROGRAM, json.dumps(config)],
            env=os.environ | {"PYTHONPATH": str(PROGRAM.parents[1])},
        )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self.running.remove(process)

    async def finish(self, *processes: subprocess.Popen[bytes]) -> None:
        """Wait until they have ended by themselves."""
        for each in processes:
            assert await asyncio.to_thread(each.wait, 100) == 0
            self.running.remove(each)


@contextmanager
def troupe(
    database: TestDatabase, folder: Path, counters: list[UUID], subscriber: str, **settings: object
) -> Iterator[Troupe]:
    """Processes that end with the block, whatever happens in it."""
    made = Troupe(database, folder, counters, subscriber, settings)
    try:
        yield made
    finally:
        for each in list(made.running):
            made.kill(each)


async def until(reached: Callable[[], bool], *, seconds: float = 60) -> None:
    """Return once it is so; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that in time"
        await asyncio.sleep(0.05)


def cuts(seed: int, total: int, count: int) -> list[int]:
    """`count` increasing amounts of work, after each of which something is killed."""
    choose = random.Random(seed)
    return sorted(choose.sample(range(total // 20, total * 9 // 10), count))
