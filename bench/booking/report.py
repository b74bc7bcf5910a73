"""Everybody wants the same class: `gymhopper bench booking`.

Members with a session each ask for a place of one class over kept connections, against several API
processes with a worker beside them that tells of all of it, and a timetable is read at the same
time. That is done again with a new class until the time is over, then with as many classes at once
as `CLASSES`, of which some members take themselves off again. The baseline gets the same members,
connections and processes, for as long.

The clients, the servers, PostgreSQL and Valkey share the machine.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import psycopg
from bench.baselines import booking as baseline
from bench.booking.crowd import Crowd
from bench.booking.measuring import Figures, Seen, percentile, rush, speed
from bench.booking.platform import news_arrived, platform
from bench.booking.rush import Reading
from bench.booking.soundness import unsound
from bench.booking.timetable import AHEAD, HOUR, Timetable
from bench.booking.world import found, sign_in
from bench.database import Fresh, fresh_database
from bench.gate.processes import free_port, serving

from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import CONTEXTS

CLASSES = 20
A_SECOND = 20
"""Reads of the timetable beside the rush."""

READING = 100
"""People who read it, so that nobody is over the limit of one caller."""

CANCELLING = 0.3
"""Part of those who take themselves off again, a moment later."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    members: int = 2000
    connections: int = 200
    places: int = 30
    processes: int = 2
    seconds: int = 10


async def report(seconds: int = 10, **more: int) -> Figures:
    """Everything, on one new database; `more` as in `Size`."""
    size = Size(seconds=seconds, **more)
    async with fresh_database(CONTEXTS) as fresh:
        runtime = Runtime(fresh.settings, load(CONTEXTS), database_url=fresh.url)
        try:
            figures = await _ours(runtime, fresh, size)
        finally:
            await runtime.close()
        usual = await _usual(fresh, size)
    return {
        **asdict(size),
        **figures,
        "baseline": usual,
        "ratio_to_baseline": round(figures["ours"]["rps"] / usual["rps"], 1),
    }


async def _ours(runtime: Runtime, fresh: Fresh, size: Size) -> Figures:
    gym = await found(runtime, size.members)
    tokens = await asyncio.to_thread(sign_in, fresh.owner_url, gym)
    timetable = Timetable(runtime, gym)
    await timetable.fill()
    async with platform(fresh, size.processes) as ports:
        await news_arrived(runtime)
        await asyncio.to_thread(_analyse, fresh.owner_url)
        ours = Ours(runtime, fresh, timetable, Crowd(ports, tokens, size.connections), size)
        await ours.one_class(size.connections)  # warm up
        rounds = await _until(size.seconds, ours.one_class)
        many = await ours.many_classes()
        began = time.monotonic()
        await news_arrived(runtime)
        news_s = time.monotonic() - began
    worst = max(rounds, key=lambda each: abs(each.booked - size.places))
    reads = [wait for each in rounds for wait in each.run.timetable_ms]
    return {
        "rounds": len(rounds),
        "ours": speed(rounds),
        "booked": worst.booked,
        "waitlisted": worst.waitlisted,
        **_told(rounds),
        "other_routes_p99_ms": percentile(reads, 0.99),
        "other_routes_reads": len(reads),
        f"{CLASSES}_classes": {
            **speed([many]),
            "booked": many.booked,
            "waitlisted": many.waitlisted,
            "cancelled": many.cancelled,
            **_told([many]),
            "other_routes_p99_ms": percentile(many.run.timetable_ms, 0.99),
        },
        "news_s": round(news_s, 1),
        "unsound": ours.wrong,
    }


def _told(rounds: Sequence[Seen]) -> Figures:
    """What went wrong or was refused, of several rounds together."""
    errors: Counter[str] = sum((each.errors for each in rounds), Counter())
    unread = Counter(each for one in rounds for each in one.run.unread)
    return {
        "told_why": dict(sum((each.told_why for each in rounds), Counter())),
        "asked_again": sum(each.asked_again for each in rounds),
        "repeated": sum(each.run.repeated for each in rounds),
        "repeated_differently": sum(each.run.repeated_differently for each in rounds),
        "fifo_violations": sum(each.violations for each in rounds),
        "errors": errors.total() + unread.total(),
        **({"errors_were": dict((errors + unread).most_common(5))} if errors or unread else {}),
    }


class Ours:
    """The platform's side. `wrong` gathers what was found to be unsound."""

    def __init__(
        self, runtime: Runtime, fresh: Fresh, timetable: Timetable, crowd: Crowd, size: Size
    ) -> None:
        self._runtime = runtime
        self._owner_url = fresh.owner_url
        self._timetable = timetable
        self._crowd = crowd
        self._places = size.places
        self._reading = Reading(timetable.path, crowd.tokens[:READING], A_SECOND)
        self.wrong: list[str] = []

    async def one_class(self, asking: int | None = None) -> Seen:
        """Everybody, or only so many, for the same one."""
        (class_id,) = await self._timetable.add(1, places=self._places)
        seen = await rush(self._crowd.plan([_path(class_id)], reading=self._reading, asking=asking))
        await self._check([class_id], seen, positions=seen.positions)
        return seen

    async def many_classes(self) -> Seen:
        """Each for one of many, and some take themselves off again."""
        ids = await self._timetable.add(CLASSES, places=self._places)
        seen = await rush(
            self._crowd.plan(
                [_path(each) for each in ids], reading=self._reading, cancelling=CANCELLING
            )
        )
        await self._check(ids, seen)
        return seen

    async def _check(
        self, ids: Sequence[UUID], seen: Seen, *, positions: dict[str, int] | None = None
    ) -> None:
        promised = seen.booked + seen.waitlisted
        self.wrong += await unsound(self._owner_url, ids, bookings=promised, positions=positions)


async def _usual(fresh: Fresh, size: Size) -> Figures:
    """The baseline, on the same server."""
    url = fresh.owner_url
    tokens = [secrets.token_hex(32) for _ in range(size.members)]
    await asyncio.to_thread(baseline.seed, url, tokens)
    ports = [free_port() for _ in range(size.processes)]
    crowd = Crowd(ports, tokens, size.connections)
    starts = count(1)

    async def one_class(asking: int | None = None) -> Seen:
        start = datetime.now(UTC) + AHEAD + next(starts) * HOUR
        class_id = await asyncio.to_thread(baseline.add_class, url, start, size.places)
        return await rush(crowd.plan([f"/classes/{class_id}/book"], asking=asking))

    async with AsyncExitStack() as stack:
        for port in ports:
            await stack.enter_async_context(
                serving("bench.baselines.booking", "serve", url, str(port), port=port)
            )
        await one_class(size.connections)  # warm up
        rounds = await _until(size.seconds, one_class)
    told = _told(rounds)
    assert not told["errors"], told
    return speed(rounds)


async def _until(seconds: int, one_round: Callable[[], Awaitable[Seen]]) -> list[Seen]:
    """Rounds until that time is over; one at least, and each to its end."""
    rounds: list[Seen] = []
    until = time.monotonic() + seconds
    while not rounds or time.monotonic() < until:
        rounds.append(await one_round())
    return rounds


def _analyse(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _path(class_id: UUID) -> str:
    return f"/api/v1/classes/{class_id}/book"
