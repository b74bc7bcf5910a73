"""A loop works while there is work, wakes when it is called, and survives its own failures."""

import asyncio

import pytest

from chassis.killing import until
from gymhopper.chassis import loop as loop_module
from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.loop import Loop, Signal

NEVER = 3600.0


class Steps:
    """A step that has so much work, and fails so often first."""

    def __init__(self, work: int = 0, failures: int = 0) -> None:
        self.calls = 0
        self.work = work
        self.failures = failures

    async def __call__(self) -> bool:
        self.calls += 1
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the step failed")
        self.work -= 1
        return self.work > 0


async def test_it_steps_at_once_while_there_is_more_and_then_waits() -> None:
    step = Steps(work=5)
    loop = Loop("test", step, every=NEVER)
    await loop.start()
    await until(lambda: step.calls == 5)
    for _ in range(10):
        await asyncio.sleep(0)
    assert step.calls == 5
    await loop.stop()


async def test_a_signal_wakes_it_and_one_that_came_during_the_step_is_not_missed() -> None:
    wake = Signal()
    calls = 0

    async def step() -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            wake.fire()
        return False

    loop = Loop("test", step, every=NEVER, wake=wake)
    await loop.start()
    await until(lambda: calls == 2)
    wake.fire()
    await until(lambda: calls == 3)
    await loop.stop()


async def test_what_comes_while_it_lingers_is_one_step() -> None:
    wake, step = Signal(), Steps()
    loop = Loop("test", step, every=NEVER, wake=wake, linger=0.05)
    await loop.start()
    await until(lambda: step.calls == 1)
    for _ in range(20):
        wake.fire()
        await asyncio.sleep(0)
    assert step.calls == 1
    await until(lambda: step.calls == 2)
    for _ in range(10):
        await asyncio.sleep(0)
    assert step.calls == 2
    await loop.stop()


async def test_it_looks_by_itself_now_and_then() -> None:
    step = Steps()
    loop = Loop("test", step, every=0.01)
    await loop.start()
    await until(lambda: step.calls >= 3)
    await loop.stop()


async def test_a_failing_step_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "_LONGEST_PAUSE", 0.001)
    step = Steps(work=1, failures=6)
    loop = Loop("test", step, every=NEVER)
    await loop.start()
    await until(lambda: step.work == 0 and loop.trouble() is None)
    await loop.stop()
    assert step.calls == 7


async def test_it_says_what_is_wrong_after_several_failures_in_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_module, "_LONGEST_PAUSE", 0.001)
    step = Steps(failures=10**9)
    loop = Loop("test", step, every=0.001)
    await loop.start()
    await until(lambda: loop.trouble() == "RuntimeError: the step failed")
    assert step.calls >= 5
    await loop.stop()


async def test_it_goes_on_after_a_night_of_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "_LONGEST_PAUSE", 0.0)
    step = Steps(failures=1100)  # two to this power is more than a float can hold
    loop = Loop("test", step, every=NEVER)
    await loop.start()
    await until(lambda: step.failures == 0 and loop.trouble() is None)
    await loop.stop()


async def test_a_stop_lets_the_step_finish() -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    finished = False

    async def step() -> bool:
        nonlocal finished
        began.set()
        await may_end.wait()
        finished = True
        return True

    loop = Loop("test", step, every=NEVER)
    await loop.start()
    await began.wait()
    stopping = asyncio.create_task(loop.stop())
    await asyncio.sleep(0)
    may_end.set()
    await stopping
    assert finished


async def test_each_step_has_a_correlation_of_its_own() -> None:
    seen: list[str] = []

    async def step() -> bool:
        seen.append(correlation_id())
        return len(seen) < 3

    loop = Loop("test", step, every=NEVER)
    await loop.start()
    await until(lambda: len(seen) == 3)
    await loop.stop()
    assert len(set(seen)) == 3


async def test_a_signal_is_fired_by_each_of_its_sources() -> None:
    sources = Signal(), Signal()
    both = Signal(*sources)
    for each in sources:
        ticket = both.ticket()
        each.fire()
        await Signal.wait(ticket, NEVER)
    ticket = sources[0].ticket()
    both.fire()
    assert not ticket.is_set()
