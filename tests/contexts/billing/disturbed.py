"""A provider whose answers get lost, and a process that dies at the step that a test names."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.gateways.port import PaymentProvider


class Cut(BaseException):
    """The process dies here: nothing may catch this on the way out."""


class Disturbed:
    """The real provider; `before` and `after` run around each call, with the method's name."""

    def __init__(
        self,
        provider: PaymentProvider,
        *,
        before: Callable[[str], Awaitable[None]] | None = None,
        after: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._provider = provider
        self._before = before
        self._after = after
        self.name = provider.name

    def __getattr__(self, method: str) -> Any:
        async def call(*arguments: Any, **named: Any) -> Any:
            if self._before is not None:
                await self._before(method)
            answer = await getattr(self._provider, method)(*arguments, **named)
            if self._after is not None:
                await self._after(method)
            return answer

        return call


class CutAt:
    """Counts steps and ends the process at the one that it was given."""

    def __init__(self, step: int) -> None:
        self._left = step
        self.reached = False

    async def __call__(self, _: str = "") -> None:
        if self._left == 0:
            self.reached = True
            self._left = -1
            raise Cut
        self._left -= 1


class Pause:
    """Holds whoever comes first until it is told to go on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, _: str = "") -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self.go_on.wait()


class MortalRuntime:
    """A runtime whose every transaction may be the last, before its commit or right after it."""

    def __init__(self, runtime: Runtime, cut: CutAt | Pause) -> None:
        self._runtime = runtime
        self._cut = cut

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)

    @asynccontextmanager
    async def begin(self, subject: AuthSubject) -> AsyncIterator[UnitOfWork]:
        async with self._runtime.begin(subject) as uow:
            yield uow
            await self._cut()
        await self._cut()
