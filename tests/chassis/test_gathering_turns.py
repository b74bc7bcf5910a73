"""Gathering: who is told something leaves others their turns."""

import asyncio

from chassis.works import Works, asks, outcome, turns
from gymhopper.chassis.gathering import IN_A_TURN, Gathering


async def test_who_is_told_leaves_others_their_turns_before_the_last_is_told() -> None:
    work = Works()
    gathering = Gathering(work, at_once=64, waiting=64)
    told: list[int] = []

    async def ask(question: int) -> None:
        told.append(await gathering.ask(question))

    first = asyncio.create_task(ask(0))
    await turns()
    everybody = [asyncio.create_task(ask(each)) for each in range(1, 65)]
    await turns()
    work.go()
    await first
    await turns()
    work.go()
    seen = set()
    while len(told) < 65:
        await asyncio.sleep(0)
        seen.add(len(told))
    await asyncio.gather(*everybody)
    # Whoever came for something else had a turn after each eighth of them.
    assert len(seen) >= 64 // IN_A_TURN
    assert told == [each * 10 for each in range(65)]


async def test_a_task_that_is_cancelled_while_it_tells_has_told_everybody() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=32, waiting=32)
    asked = asks(gathering, *range(20))
    await turns()
    work.go()
    while not any(each.done() for each in asked):
        await turns(1)
    assert not all(each.done() for each in asked)
    assert gathering._task is not None
    gathering._task.cancel()
    assert [await outcome(each) for each in asked] == [each * 10 for each in range(20)]
