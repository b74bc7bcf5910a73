"""Writers and sealers are killed: each change has its entry, each entry its seal."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chassis.counting import create_tables
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.audit.usecases.seal_entries import seal_entries
from gymhopper.contexts.audit.usecases.verify_seals import verify_seals

PROGRAM = Path(__file__).with_name("audit_process.py")
WRITERS, COUNT, KILLS = 3, 60, 4
ENTRIES, SEALS = "SELECT id FROM audit.entry", "SELECT number FROM audit.seal"


class Stage:
    """Starts processes on one database."""

    def __init__(self, database: TestDatabase, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, role: str) -> subprocess.Popen[bytes]:
        config = {
            "role": role,
            "database_url": self.database.url,
            "folder": str(self.folder),
            "count": COUNT,
        }
        process = subprocess.Popen(
            [sys.executable, PROGRAM, json.dumps(config)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self.running.remove(process)

    def ask(self, question: str) -> set[object]:
        with psycopg.connect(self.database.superuser_url) as connection:
            return {row[0] for row in connection.execute(question.encode())}


@pytest.fixture
def stage(database: TestDatabase, tmp_path: Path) -> Iterator[Stage]:
    create_tables(database.owner_url)
    made = Stage(database, tmp_path)
    yield made
    for each in list(made.running):
        made.kill(each)


async def until(stage: Stage, count: int, of: str) -> None:
    deadline = time.monotonic() + 60
    while len(stage.ask(of)) < count:
        assert time.monotonic() < deadline, "it did not come to that in time"
        await asyncio.sleep(0.02)


@pytest.mark.prove
async def test_nothing_is_lost_whoever_is_killed(stage: Stage, new_runtime: NewRuntime) -> None:
    runtime = await new_runtime()
    sealers = [stage.start("sealer") for _ in range(2)]
    writers = [stage.start("writer")]
    # A process takes its time to start: the others write while there is somebody who seals.
    await until(stage, 1, SEALS)
    writers += [stage.start("writer") for _ in range(WRITERS - 1)]
    await until(stage, 4 * COUNT + 60, ENTRIES)
    stage.kill(writers.pop())
    for nth in range(KILLS):
        await until(stage, 5 * (nth + 1), SEALS)
        stage.kill(sealers.pop(0))
        sealers.append(stage.start("sealer"))
    for each in writers:
        assert await asyncio.to_thread(each.wait, 100) == 0
    for each in sealers:
        stage.kill(each)
    while True:
        async with runtime.begin(SERVICE) as uow:
            if not await seal_entries(uow):
                break

    made = stage.ask("SELECT id FROM testing.counter")
    told = stage.ask("SELECT (changes -> 0 ->> 'id')::uuid FROM audit.entry")
    assert made == told
    assert len(made) >= 2 * 4 * COUNT
    async with runtime.read(SERVICE) as connection:
        report = await verify_seals(connection, lambda *_: None)
    assert (report.fault, report.waiting, report.entries) == (None, 0, len(made))
    assert report.seals > 5 * KILLS
