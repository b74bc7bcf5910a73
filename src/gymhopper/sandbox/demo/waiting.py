"""Waits for news: what one context is told the others hear of a moment later."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gymhopper.kernel.errors import NotFound, Unavailable

T = TypeVar("T")


async def once_heard(work: Callable[[], Awaitable[T]], patience: float, sentence: str) -> T:
    """Do it again until nothing that it needs is unknown any more, for so many seconds.

    Raises Unavailable with the sentence when they have passed.
    """
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            return await work()
        except NotFound as error:
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable(sentence) from error
            await asyncio.sleep(0.05)
