"""More ask than can be served, over real connections, and nobody heeds what they are told: each is
answered all the same, with a place or with when to come again, and nobody by silence."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from bench.booking.soundness import unsound
from bench.booking.timetable import Timetable
from bench.booking.wire import Answer, Line, connected, request

from e2e.installation import Installation, another_process, installed
from e2e.soundness import UNDER_WAY, found, settle
from e2e.town import town

PEOPLE, PLACES = 300, 10
SECONDS = 8
"""For which everybody asks, again and again."""

CLIENTS = 30.0
"""Seconds after which a client would give up."""

TIGHT = {
    "LIMITS_BOOKING": "12",
    "LIMITS_WRITE": "0",
    "LIMITS_READ": "0",
    "SCHEDULING_RUSH_WAITING": "20",
    "POOL_SIZE": "3",
    "REQUEST_SECONDS": "15",
}
"""What makes it an overload on any machine: short lines, few connections, little patience. Nobody
waits as long for a connection as for a whole answer."""

LATER = ("429 rate_limited", "503 overloaded")
"""What whoever asks too often is told, and whoever comes to a line that is full."""


@dataclass(frozen=True)
class Told:
    """What a client heard, and how many seconds later."""

    answer: Answer
    seconds: float

    @property
    def what(self) -> str:
        """The status, and the code of a refusal, which must say when to come again."""
        if self.answer.status in (200, 201):
            return str(self.answer.status)
        assert b"application/problem+json" in self.answer.head, self.answer
        assert (self.answer.retry_after or 0) >= 1, self.answer
        return f"{self.answer.status} {json.loads(self.answer.body)['code']}"


class Client:
    """One kept connection, on which the same is asked again and again."""

    def __init__(self, line: Line, asked: bytes) -> None:
        self._line = line
        self._asked = asked

    async def once(self) -> Told:
        """TimeoutError when there is no answer, ConnectionError when the server hangs up."""
        began = time.monotonic()
        async with asyncio.timeout(CLIENTS):
            answer = await self._line.ask(self._asked)
        return Told(answer, time.monotonic() - began)

    async def keep_asking(self, until: float) -> list[Told]:
        told = []
        while time.monotonic() < until:
            told.append(await self.once())
        return told

    async def come_again(self) -> Told:
        """Until there is an answer that is none of overload, after the time that is told."""
        told = await self.once()
        while told.answer.retry_after is not None:
            await asyncio.sleep(told.answer.retry_after)
            told = await self.once()
        return told


@asynccontextmanager
async def clients(ports: Sequence[int], several: Sequence[bytes]) -> AsyncIterator[list[Client]]:
    """A connection for each of these requests, to one port after the other."""
    lines = [await connected(ports[nth % len(ports)]) for nth in range(len(several))]
    try:
        yield [Client(*each) for each in zip(lines, several, strict=True)]
    finally:
        for each in lines:
            each.close()


def counted(several: Sequence[Sequence[Told]]) -> Counter[str]:
    """How often each kind of answer was given."""
    return Counter(each.what for told in several for each in told)


async def served_meanwhile(
    ports: Sequence[int], several: Sequence[bytes], until: float
) -> Counter[str]:
    """What others are told who ask for these now and then; each of them soon."""
    kinds: Counter[str] = Counter()
    async with clients(ports, several) as asking:
        while time.monotonic() < until:
            for each in asking:
                told = await each.once()
                assert told.seconds < 10, told
                kinds[told.what] += 1
            await asyncio.sleep(0.1)
    return kinds


@dataclass(frozen=True)
class Gym:
    """Members who are signed in, one of them in no hurry, and two API processes that can do
    little."""

    main: Installation
    timetable: Timetable
    calm: str
    tokens: list[str]
    ports: list[int]

    def book(self, class_id: UUID, *tokens: str) -> list[bytes]:
        """What each of these, or of all, sends for a place, each with the same key every time."""
        path, key = f"/api/v1/classes/{class_id}/book", str(class_id)
        return [request("POST", path, each, key=key, body="{}") for each in tokens or self.tokens]

    def read(self, token: str) -> bytes:
        """What somebody sends to read the timetable."""
        return request("GET", self.timetable.path, token)

    @property
    def cheap(self) -> list[bytes]:
        """What asks the database for nothing."""
        return [request("GET", "/healthz", self.calm) for _ in self.ports]


@pytest.fixture(scope="module")
async def gym(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gym]:
    with installed(tmp_path_factory.mktemp("overload") / "data") as main:
        async with town(main, PEOPLE + 1) as (runtime, people, tokens):
            timetable = Timetable(runtime, people)
            await timetable.fill()
            with ExitStack() as stack:
                beside = (
                    another_process(main, runtime.settings, roles="api", **TIGHT) for _ in range(2)
                )
                ports = [stack.enter_context(each).port for each in beside]
                yield Gym(main, timetable, tokens.pop(), tokens, ports)


@pytest.mark.prove
@pytest.mark.timeout(300)
async def test_a_rush_without_end_is_answered_with_when_to_come_again(gym: Gym) -> None:
    wanted, other = await gym.timetable.add(2, places=PLACES)
    until = time.monotonic() + SECONDS
    async with clients(gym.ports, gym.book(wanted)) as asking:
        rush, beside = await asyncio.gather(
            asyncio.gather(*(each.keep_asking(until) for each in asking)),
            served_meanwhile(gym.ports, [*gym.cheap, gym.read(gym.calm)], until),
        )
        kinds = counted(rush)
        assert set(kinds) == {"201", *LATER}, kinds
        assert set(beside) == {"200"}, beside
        # Whoever comes when they are told to is served in the end.
        last = await asyncio.gather(*(each.come_again() for each in asking))
    assert counted([last]) == {"201": PEOPLE}
    for told, end in zip(rush, last, strict=True):
        assert {x.answer.body for x in told if x.what == "201"} <= {end.answer.body}
    async with clients(gym.ports, gym.book(other, gym.calm)) as [calm]:
        assert (await calm.once()).what == "201"
    await all_is_sound(gym, wanted)


@pytest.mark.prove
@pytest.mark.timeout(300)
async def test_who_finds_no_connection_to_the_database_is_told_when_to_come_again(
    gym: Gym,
) -> None:
    (wanted,) = await gym.timetable.add(1, places=PLACES)
    half = PEOPLE // 2
    several = [*map(gym.read, gym.tokens[:half]), *gym.book(wanted)[half:]]
    async with clients(gym.ports, several) as asking:
        # Nothing that has to do with classes goes on.
        with psycopg.connect(gym.main.database_url) as holding:
            holding.execute("LOCK TABLE scheduling.class IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            until = began + SECONDS
            told, beside = await asyncio.gather(
                asyncio.gather(*(each.keep_asking(until) for each in asking)),
                served_meanwhile(gym.ports, gym.cheap, until),
            )
            holding.rollback()
        kinds = counted(told)
        assert set(kinds) <= {*LATER, "503 unavailable", "503 timed_out"}, kinds
        assert {"503 unavailable", "503 timed_out"} <= set(kinds), kinds
        assert set(beside) == {"200"}, beside
        last = await asyncio.gather(*(each.come_again() for each in asking))
    assert counted([last]) == {"200": half, "201": PEOPLE - half}


async def all_is_sound(gym: Gym, class_id: UUID) -> None:
    """Each has one booking or one place in line, and `doctor` finds all well."""
    owner_url = gym.main.database_url
    assert await unsound(owner_url, [class_id], bookings=PEOPLE) == []
    await asyncio.to_thread(settle, gym.main.database_url, seconds=60)
    assert found(gym.main.database_url, {"set aside": UNDER_WAY["set aside"]}) == {}
    doctor = await asyncio.to_thread(gym.main.command, "doctor")
    assert doctor.returncode == 0, doctor.stdout
