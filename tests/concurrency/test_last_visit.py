"""One visit is left, and everybody wants it: over real connections, at two doors, through the gate
that is mounted in the platform and through one of its own with two workers."""

import asyncio
import copy
import json
import os
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import httpx
import pytest

from e2e.installation import GYMHOPPER, READY_SECONDS, Installation, free_port, installed
from e2e.soundness import lost_visits, settle
from e2e.visitor import Visitor
from gymhopper.sandbox.demo.client import Json, Platform, Reader, until

TRIES = 200


class LastVisit(Visitor):
    """Both doors are covered; the first visit leaves one."""

    quota = 2
    include: ClassVar[list[Json]] = [{}]


@contextmanager
def gate(installation: Installation, workers: int) -> Iterator[str]:
    """The doors' hot path alone, on the installation's cell."""
    port = free_port()
    cell = json.loads((installation.folder / "engines.json").read_text())["valkey_url"]
    process = subprocess.Popen(
        [GYMHOPPER, "gate", "--workers", str(workers), "--port", str(port)],
        env=os.environ
        | {"GYMHOPPER_VALKEY_URL": cell, "GYMHOPPER_DATA_FOLDER": str(installation.folder)},
        stdin=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[tuple[Installation, LastVisit]]:
    with installed(tmp_path / "data") as running:
        platform = await asyncio.to_thread(running.administrator)
        story = LastVisit(platform, running)
        await story.arrive()
        yield running, story
        await story.close()
        await platform.close()


@pytest.mark.timeout(300)
async def test_two_hundred_tries_at_two_doors_and_three_processes_spend_one_visit(
    visitor: tuple[Installation, LastVisit],
) -> None:
    installation, story = visitor
    with gate(installation, workers=2) as alone:
        platforms = [Platform(url) for url in (installation.url, alone)]
        readers = [
            moved(reader, platform)
            for reader in story.cast.readers.values()
            for platform in platforms
        ]
        await answers(readers[1])

        async def try_once(number: int) -> Json:
            return await readers[number % len(readers)].scan("pass", story.cast.pass_value)

        answered = await asyncio.gather(*(try_once(number) for number in range(TRIES)))
        for platform in platforms:
            await platform.close()

    said = Counter(each["code"] for each in answered)
    assert said == {"ALLOWED": 1, "PERIOD_LIMIT_REACHED": TRIES - 1}
    assert {each["door_id"] for each in answered} == set(story.cast.doors.values())
    await asyncio.to_thread(settle, installation.database_url)
    visits = {UUID(each["visit_id"]) for each in answered if each["decision"] == "allow"}
    await until(
        lambda: asyncio.to_thread(lost_visits, installation.database_url, visits),
        lambda lost: not lost,
        what="the visit is stored",
    )


def moved(reader: Reader, platform: Platform) -> Reader:
    """The same device with its session, asking at another address."""
    other = copy.copy(reader)
    other._platform = platform
    return other


async def answers(reader: Reader) -> None:
    """Wait until the gate has started; what it refuses spends nothing."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                answer = await reader.scan("pass", "never-handed-out-to-anybody")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                assert answer["code"] == "CREDENTIAL_UNKNOWN"
                return
