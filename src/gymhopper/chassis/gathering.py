"""Many questions that come at once, answered together: one round trip for all that wait.

The first question is asked at once. Those that come while it is under way gather, and are the next
batch: the more come, the more are answered together, and a single one waits for no timer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

from gymhopper.kernel.errors import Unavailable

Q = TypeVar("Q")
A = TypeVar("A")


IN_A_TURN = 8
"""After so many of a batch the process goes on with whatever else it is asked."""


class Overloaded(Unavailable):
    """So many wait already that one more would only wait in vain."""

    code = "overloaded"
    retry_after = 1


class Gathering(Generic[Q, A]):
    """Answers many questions at once: those that come while others are being answered wait, and are
    answered together.

    `work` is given questions in the order of asking, `at_once` at most, and gives the answer to
    each, or the exception for whoever asked. It runs once at a time, in a task of its own that
    knows nothing of the requests behind it: no correlation, no origin, no attempt.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]],
        *,
        at_once: int,
        waiting: int,
    ) -> None:
        if at_once < 1 or waiting < 1:
            raise ValueError("one question must be able to wait, and to be asked")
        self._work = work
        self._at_once = at_once
        self._most = waiting
        self._waiting: dict[asyncio.Future[A], Q] = {}
        self._under_way: Sequence[asyncio.Future[A]] = ()
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._waiting and not self._under_way

    async def ask(self, question: Q) -> A:
        """The answer. Raises what `work` gave as the answer or raised, Overloaded when `waiting`
        others wait already, and Unavailable when the answer was cut short."""
        if len(self._waiting) >= self._most:
            raise Overloaded("Too many ask at the same time; try again in a second.")
        asked: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting[asked] = question
        if self._task is None:
            self._begin()
        try:
            return await asked
        finally:
            self._waiting.pop(asked, None)  # who has gone takes nobody's place

    def _begin(self) -> None:
        batch: list[asyncio.Future[A]] = []
        self._task = asyncio.create_task(self._answer(batch), context=Context())
        self._task.add_done_callback(partial(self._ended, batch), context=Context())

    async def _answer(self, batch: list[asyncio.Future[A]]) -> None:
        batch += islice((each for each in self._waiting if not each.done()), self._at_once)
        questions = [self._waiting.pop(each) for each in batch]
        if not batch:
            return
        self._under_way = batch
        told: list[tuple[asyncio.Future[A], A | Exception]]
        try:
            told = list(zip(batch, await self._work(questions), strict=True))
        except Exception as error:  # whatever it was, it is theirs who asked
            told = [(each, error) for each in batch]
        self._under_way = ()
        if self._waiting:
            # The next ones are under way while these do what follows from their answers.
            self._begin()
        await _tell_in_turns(told)

    def _ended(self, batch: Sequence[asyncio.Future[A]], task: asyncio.Task[None]) -> None:
        """Nobody is left behind, also when the task was cancelled, maybe before its first step."""
        for each in batch:
            _tell(each, Unavailable("The answer was cut short; try again."))
        if self._task is task:
            self._task, self._under_way = None, ()
            if self._waiting:
                self._begin()


async def _tell_in_turns(told: Sequence[tuple[asyncio.Future[A], A | Exception]]) -> None:
    """Tell everybody, and let others have a turn after each few: those who are told go on at once,
    all of them, and who came for something else would wait for the last."""
    left = iter(told)
    try:
        while some := list(islice(left, IN_A_TURN)):
            for each, answer in some:
                _tell(each, answer)
            await asyncio.sleep(0)
    finally:
        for each, answer in left:
            _tell(each, answer)


def _tell(asked: asyncio.Future[A], answer: A | Exception) -> None:
    if asked.done():
        return
    if isinstance(answer, Exception):
        asked.set_exception(answer)
        asked.exception()  # whoever asked may be cancelled at this moment; then nobody takes it
    else:
        asked.set_result(answer)
