"""Work that gatherings have done, and those who ask for it."""

import asyncio
from collections.abc import Sequence

from gymhopper.chassis.gathering import Gathering
from gymhopper.kernel.errors import NotFound


class Works:
    """Answers a batch when it is told to: ten times the question, a failure below zero."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.under_way = 0
        self.at_once = 0
        self._go: list[asyncio.Future[BaseException | None]] = []

    async def __call__(self, questions: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(questions))
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)
        go: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        self._go.append(go)
        try:
            error = await go
        finally:
            self.under_way -= 1
        if error is not None:
            raise error
        return [each * 10 if each >= 0 else NotFound(str(each)) for each in questions]

    def go(self, error: BaseException | None = None) -> bool:
        """Let the batch under way end; whether there is one."""
        waits = [each for each in self._go if not each.done()]
        for each in waits:
            each.set_result(error)
        return bool(waits)


async def turns(times: int = 10) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


Asked = list[asyncio.Task[int]]


def asks(gathering: Gathering[int, int], *questions: int) -> Asked:
    return [asyncio.create_task(gathering.ask(each)) for each in questions]


async def outcome(asked: asyncio.Task[int]) -> object:
    """The answer, or the error's type."""
    try:
        async with asyncio.timeout(5):
            return await asked
    except (Exception, asyncio.CancelledError) as error:  # what it was is the result
        return type(error)
