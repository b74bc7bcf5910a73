"""Whatever is killed at whatever moment: the story goes on, nothing is lost or done twice."""

import asyncio
import os
import random
from contextlib import suppress
from pathlib import Path
from typing import get_args

import httpx
import pytest

from e2e.installation import Installation, Part, installed
from e2e.retold import RetoldStory
from e2e.soundness import FLAWS, found, lost_visits, settle
from gymhopper.sandbox.demo.client import Platform

ROUNDS = int(os.environ.get("GYMHOPPER_KILL_ROUNDS", "3"))
KILLS = 6


class Executioner:
    """Kills a part in each of some steps, after so many requests of it, while one is under way."""

    def __init__(self, installation: Installation, steps: int, seed: int) -> None:
        self._installation = installation
        self._choose = random.Random(seed)
        parts = [part for part in get_args(Part) for _ in range(KILLS // len(get_args(Part)))]
        self._plan = dict(zip(self._choose.sample(range(steps), KILLS), parts, strict=True))
        self._step = -1
        self._requests = 0
        self._due = asyncio.Event()
        self._trouble: Exception | None = None
        self.killed: list[tuple[int, Part]] = []

    def begin(self, step: int) -> None:
        """The story comes to its next step."""
        self._step = step
        self._requests = self._choose.randint(1, 8)

    async def see(self, _: httpx.Request) -> None:
        """Called with each request before it is sent."""
        self._requests -= 1
        if self._requests == 0 and self._step in self._plan:
            self._due.set()

    async def end(self) -> None:
        """The step holds; if it took too few requests, the kill comes now, before the next one."""
        if self._step in self._plan:
            self._due.set()
        while self._due.is_set():
            if self._trouble is not None:
                raise self._trouble
            await asyncio.sleep(0.05)

    async def work(self) -> None:
        """Kill when it is time, and see that all comes back."""
        try:
            while True:
                await self._due.wait()
                await self._kill(self._plan.pop(self._step))
                self._due.clear()
        except Exception as error:
            self._trouble = error  # for `end`, which waits
            raise

    async def _kill(self, part: Part) -> None:
        await asyncio.sleep(self._choose.uniform(0, 0.03))
        self.killed.append((self._step, part))
        await asyncio.to_thread(self._installation.kill, part)
        await asyncio.to_thread(self._revive, part)

    def _revive(self, part: Part) -> None:
        if part == "main":
            self._installation.start()
        else:
            self._installation.wait_until_ready()


async def tell(story: RetoldStory, doors: Platform, executioner: Executioner) -> None:
    """Take every step until it holds, while parts die and somebody scans at a door all the time."""
    killing = asyncio.create_task(executioner.work())
    scanning: asyncio.Task[None] | None = None
    try:
        for number, (name, step) in enumerate(story.steps()):
            executioner.begin(number)
            await story.hold(name, step)
            await executioner.end()
            if step == story.not_yet_paid:
                scanning = asyncio.create_task(story.keep_scanning(doors))
        if scanning is not None:
            assert not scanning.done(), scanning.exception()
    finally:
        for task in (killing, scanning):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(1, ROUNDS + 1))
async def test_any_part_may_be_killed_at_any_moment_of_the_story(seed: int, tmp_path: Path) -> None:
    with installed(tmp_path / "data") as installation:
        platform = await asyncio.to_thread(installation.administrator)
        doors = Platform(installation.url)
        story = RetoldStory(platform, installation)
        executioner = Executioner(installation, len(story.steps()), seed)
        platform._client.event_hooks["request"].append(executioner.see)
        try:
            await tell(story, doors, executioner)
        finally:
            await story.close()
            await platform.close()
            await doors.close()

        assert len(executioner.killed) == KILLS
        await asyncio.to_thread(installation.wait_until_ready)
        url = installation.database_url
        await asyncio.to_thread(settle, url, seconds=150)
        assert found(url, FLAWS) == {}
        assert len(story.told) > 20
        assert lost_visits(url, story.told) == set()
        doctor = await asyncio.to_thread(installation.command, "doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert await asyncio.to_thread(installation.stop) == 0
