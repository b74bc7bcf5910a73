"""Everybody books at once: a plan from standard input, what came of it to standard output.

    python -m bench.booking.rush < PLAN

A plan's `asks` are sent once each over `connections` kept connections to the ports, as fast as
they are answered. 429 and 503 are asked again after their Retry-After, over whichever connection is
free first, before anybody who has yet to ask; its clock runs on. `cancels` names how many seconds
after its answer a booking is cancelled. Beside it a timetable is read at a rate, each wait counted
from when it was due: what a slow answer holds up waits, too. Afterwards a sample is repeated with
its keys.
"""

import asyncio
import sys
import time
from dataclasses import dataclass, field

import msgspec
import uvloop
from bench.booking.wire import Answer, Line, connected, request

PATIENCE = 40.0
"""Seconds until a request counts as timed out; ten more than the servers give themselves."""

LONGEST = 120.0
"""Seconds after which nobody asks again."""

READERS = 4
REPEATED = 100
CANCEL = "/api/v1/bookings/{}/cancel"


class Ask(msgspec.Struct):
    """Somebody who wants a place. `cancels` is None for who keeps it."""

    path: str
    token: str
    key: str
    cancels: float | None = None


class Reading(msgspec.Struct):
    """What is read beside, by each of these in turn, so many times a second."""

    path: str
    tokens: list[str]
    a_second: float


class Plan(msgspec.Struct):
    """What a run does."""

    ports: list[int]
    connections: int
    asks: list[Ask]
    reading: Reading | None = None


class Outcome(msgspec.Struct):
    """What a client saw: when it first asked, when it was answered, and how in the end.

    `trouble` is set instead of a status when there was no answer at all.
    """

    ask: int
    kind: str
    asked_at: float
    answered_at: float = 0.0
    status: int = 0
    body: str = ""
    asked: int = 0
    trouble: str = ""


class Run(msgspec.Struct):
    """Everything that happened. `timetable_ms` are waits; a read that failed is in `unread`."""

    seconds: float
    outcomes: list[Outcome]
    timetable_ms: list[float]
    unread: list[str]
    repeated: int
    repeated_differently: int


@dataclass(order=True)
class _Job:
    """A request to be sent when a connection is free; `turn` decides which first."""

    turn: tuple[int, int]
    data: bytes = field(compare=False)
    outcome: Outcome = field(compare=False)


class Rush:
    """One run."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._queue: asyncio.PriorityQueue[_Job] = asyncio.PriorityQueue()
        self._sent: dict[int, bytes] = {}
        self._outcomes: list[Outcome] = []
        self._left = 0
        self._all_done = asyncio.Event()
        self._ended = 0.0

    async def run(self) -> Run:
        """Send everything."""
        plan = self._plan
        ports = [plan.ports[n % len(plan.ports)] for n in range(plan.connections)]
        lines = [await connected(port) for port in ports]
        for number, ask in enumerate(plan.asks):
            data = request("POST", ask.path, ask.token, key=ask.key, body="{}")
            self._sent[number] = data
            self._add(_Job((1, number), data, Outcome(number, "book", 0.0)))
        readers = Readers(plan)
        await readers.connect()
        began = time.perf_counter()
        reading = asyncio.create_task(readers.read())
        working = [
            asyncio.create_task(self._work(*each)) for each in zip(lines, ports, strict=True)
        ]
        await self._all_done.wait()
        reading.cancel()
        for each in working:
            each.cancel()
        await asyncio.gather(reading, *working, return_exceptions=True)
        await readers.finish()
        repeated, differently = await self._repeat()
        return Run(
            seconds=self._ended - began,
            outcomes=self._outcomes,
            timetable_ms=readers.waits,
            unread=readers.unread,
            repeated=repeated,
            repeated_differently=differently,
        )

    def _add(self, job: _Job) -> None:
        self._left += 1
        self._queue.put_nowait(job)

    async def _work(self, line: Line, port: int) -> None:
        try:
            while True:
                job = await self._queue.get()
                outcome = job.outcome
                if not line.open:
                    line = await connected(port)
                outcome.asked += 1
                now = time.perf_counter()
                outcome.asked_at = outcome.asked_at or now
                try:
                    async with asyncio.timeout(PATIENCE):
                        answer = await line.ask(job.data)
                except TimeoutError:
                    line.close()
                    self._settle(outcome, None, "timed out")
                except ConnectionError:
                    self._settle(outcome, None, "connection lost")
                else:
                    self._answered(job, answer)
        finally:
            line.close()

    def _answered(self, job: _Job, answer: Answer) -> None:
        outcome, pause = job.outcome, answer.retry_after
        if answer.status in (429, 503) and pause is not None:
            if time.perf_counter() - outcome.asked_at > LONGEST:
                self._settle(outcome, answer, "never let in")
                return
            job.turn = (0, job.turn[1])
            asyncio.get_running_loop().call_later(pause, self._queue.put_nowait, job)
            return
        # First, as what it leads to counts before this one is done.
        if outcome.kind == "book" and answer.status == 201:
            self._cancel_later(outcome.ask, answer)
        self._settle(outcome, answer)

    def _cancel_later(self, number: int, answer: Answer) -> None:
        ask = self._plan.asks[number]
        if ask.cancels is None:
            return
        path = CANCEL.format(msgspec.json.decode(answer.body)["id"])
        data = request("POST", path, ask.token, key=ask.key + "-cancel", body="{}")
        job = _Job((0, number), data, Outcome(number, "cancel", 0.0))
        self._left += 1
        asyncio.get_running_loop().call_later(ask.cancels, self._queue.put_nowait, job)

    def _settle(self, outcome: Outcome, answer: Answer | None, trouble: str = "") -> None:
        outcome.answered_at = self._ended = time.perf_counter()
        outcome.trouble = trouble
        if answer is not None:
            outcome.status, outcome.body = answer.status, answer.body.decode()
        self._outcomes.append(outcome)
        self._left -= 1
        if not self._left:
            self._all_done.set()

    async def _repeat(self) -> tuple[int, int]:
        """How many were asked again with their keys, and how many of these were told otherwise."""
        booked = [each for each in self._outcomes if each.kind == "book" and each.status == 201]
        sample = booked[:: max(1, len(booked) // REPEATED)]
        lines = [await connected(port) for port in self._plan.ports]
        differently = 0
        for number, each in enumerate(sample):
            # Over another process in turns: it must not matter who answered first.
            answer = await lines[number % len(lines)].ask(self._sent[each.ask])
            differently += (answer.status, answer.body.decode()) != (each.status, each.body)
        for line in lines:
            line.close()
        return len(sample), differently


class Readers:
    """Read the timetable at a rate, over more connections when those there are all wait."""

    def __init__(self, plan: Plan) -> None:
        self._ports = plan.ports
        self._reading = plan.reading
        self._free: list[Line] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self.waits: list[float] = []
        self.unread: list[str] = []

    async def connect(self) -> None:
        """Some connections, before anything is measured."""
        if self._reading is not None:
            self._free = [await connected(self._port(n)) for n in range(READERS)]

    async def read(self) -> None:
        """Until it is cancelled."""
        if self._reading is None:
            return
        tokens, pause = self._reading.tokens, 1 / self._reading.a_second
        due, number = time.perf_counter(), 0
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            data = request("GET", self._reading.path, tokens[number % len(tokens)])
            task = asyncio.create_task(self._one(data, due, self._port(number)))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            due, number = due + pause, number + 1

    async def finish(self) -> None:
        """Wait for those that were due, and hang up."""
        await asyncio.gather(*self._under_way)
        for line in self._free:
            line.close()

    async def _one(self, data: bytes, due: float, port: int) -> None:
        line = self._free.pop() if self._free else None
        try:
            async with asyncio.timeout(PATIENCE):
                line = line or await connected(port)
                answer = await line.ask(data)
        except (TimeoutError, ConnectionError) as error:
            self.unread.append(type(error).__name__)
            if line is not None:
                line.close()
            return
        if answer.status == 200:
            self.waits.append((time.perf_counter() - due) * 1000)
        else:
            self.unread.append(str(answer.status))
        if line.open:
            self._free.append(line)

    def _port(self, number: int) -> int:
        return self._ports[number % len(self._ports)]


async def main() -> None:
    """Read the plan, run it, print the run."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(await Rush(plan).run()))


if __name__ == "__main__":
    uvloop.run(main())
