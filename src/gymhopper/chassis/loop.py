"""Work that is done again and again until the process stops."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from gymhopper.chassis.correlation import correlate
from gymhopper.chassis.logging import get_logger

log = get_logger(__name__)

# A loop that has failed this often in a row makes the process not ready.
_TROUBLE_AFTER = 5
_LONGEST_PAUSE = 10.0
_DOUBLINGS = 7  # a pause of 0.1 s doubled so often has passed the longest


class Signal:
    """Wakes everybody who waits for it. Take a ticket before looking for work, wait with it after:
    what was signalled in between is not missed. Every one of `sources` fires it, too."""

    def __init__(self, *sources: "Signal") -> None:
        self._event = asyncio.Event()
        self._followers: list[Signal] = []
        for each in sources:
            each.fires(self)

    def ticket(self) -> asyncio.Event:
        """What the next `fire` will set."""
        return self._event

    def fires(self, follower: "Signal") -> None:
        """Fire that one, too, whenever this fires."""
        self._followers.append(follower)

    def fire(self) -> None:
        """Wake all holders of tickets."""
        event, self._event = self._event, asyncio.Event()
        event.set()
        for each in self._followers:
            each.fire()

    @staticmethod
    async def wait(ticket: asyncio.Event, seconds: float) -> None:
        """Return when the ticket's signal fired, or after `seconds`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(ticket.wait(), seconds)


class Loop:
    """Calls `step` until stopped: at once again while it returns True, else `linger` seconds after
    `wake` fires and at least every `every` seconds. A step that raises is logged and tried again
    after a pause."""

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[bool]],
        *,
        every: float,
        wake: Signal | None = None,
        linger: float = 0.0,
    ) -> None:
        self.name = name
        self._step = step
        self._every = every
        self._wake = wake or Signal()
        self._linger = linger
        self._stopped = asyncio.Event()
        self._failures = 0
        self._error = ""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin in the background."""
        self._stopped.clear()
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Let the present step finish, for ten seconds at most."""
        self._stopped.set()
        self._wake.fire()
        if self._task is not None:
            _, unfinished = await asyncio.wait({self._task}, timeout=10)
            if unfinished:
                self._task.cancel()
                await asyncio.wait({self._task})

    def trouble(self) -> str | None:
        """The last error, when it has failed several times in a row."""
        return self._error if self._failures >= _TROUBLE_AFTER else None

    async def _run(self) -> None:
        while not self._stopped.is_set():
            ticket = self._wake.ticket()
            correlate(None)
            try:
                more = await self._step()
                self._failures = 0
            except Exception as error:  # whatever it was, the loop must go on
                self._failures += 1
                self._error = f"{type(error).__name__}: {error}"
                log.warning("loop_failed", loop=self.name, failures=self._failures, exc_info=True)
                await self._pause(min(0.1 * 2 ** min(self._failures, _DOUBLINGS), _LONGEST_PAUSE))
                continue
            if not more and not self._stopped.is_set():
                await Signal.wait(ticket, self._every)
                if self._linger:
                    await self._pause(self._linger)

    async def _pause(self, seconds: float) -> None:
        """Wait, whatever fires meanwhile, but not beyond a stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
