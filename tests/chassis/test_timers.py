"""Timers ring when the platform's clock says so: in order, once, and again when they failed."""

import asyncio
from datetime import datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from chassis.counting import Counted, Counter, effects, new_counters, number, versions
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import Due, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.timers import TimerRunner
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.kernel.clock import ManualClock

HOUR = timedelta(hours=1)


class Rung:
    """Answers timers by noting what rang and when."""

    def __init__(self, *names: str) -> None:
        self.timers = Timers()
        self.seen: list[tuple[str, str, datetime]] = []
        self.failures = 0
        for name in names:
            self.timers.on(name)(self.ring)

    async def ring(self, _: UnitOfWork, due: Due) -> None:
        self.seen.append((due.name, due.key, due.due_at))
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the bell is cracked")


async def schedule(runtime: Runtime, name: str, key: str, at: datetime, **payload: object) -> None:
    async with runtime.begin(SERVICE) as uow:
        await uow.schedule(name, key, at, payload)


def waiting(url: str) -> list[tuple[str, str, int]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT name, key, attempts FROM chassis.timer ORDER BY name, key"
        ).fetchall()


async def test_timers_ring_in_the_order_of_their_due_times_and_not_before(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    start, bell = clock.now(), Rung("a", "b")
    await schedule(runtime, "a", "late", start + 2 * HOUR)
    await schedule(runtime, "b", "early", start + HOUR)
    await schedule(runtime, "a", "never", start + 99 * HOUR)
    await schedule(runtime, "unheard", "x", start)
    runner = TimerRunner(runtime, [bell.timers])

    assert await runner.run_due() == 0
    clock.advance(HOUR - timedelta(microseconds=1))
    assert await runner.run_due() == 0
    clock.advance(2 * HOUR)
    assert await runner.run_due() == 2

    assert bell.seen == [("b", "early", start + HOUR), ("a", "late", start + 2 * HOUR)]
    assert waiting(database.owner_url) == [("a", "never", 0), ("unheard", "x", 0)]


async def test_a_timer_set_again_moves_and_one_taken_back_stays_silent(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    start, bell = clock.now(), Rung("a")
    await schedule(runtime, "a", "moved", start + HOUR)
    await schedule(runtime, "a", "moved", start + 3 * HOUR)
    await schedule(runtime, "a", "gone", start + HOUR)
    async with runtime.begin(SERVICE) as uow:
        await uow.unschedule("a", "gone")
    runner = TimerRunner(runtime, [bell.timers])
    clock.advance(2 * HOUR)
    assert await runner.run_due() == 0
    clock.advance(HOUR)
    assert await runner.run_due() == 1
    assert bell.seen == [("a", "moved", start + 3 * HOUR)]


async def test_the_payload_comes_back_with_the_ring(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    timers = Timers()
    payloads: list[object] = []

    @timers.on("a")
    async def ring(uow: UnitOfWork, due: Due) -> None:
        payloads.append(due.payload)

    await schedule(runtime, "a", "k", clock.now(), stage=2, kind="remind")
    await TimerRunner(runtime, [timers]).run_due()
    assert payloads == [{"stage": 2, "kind": "remind"}]


async def test_a_failing_timer_rings_later_and_later_while_others_go_on(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    timers = Timers()
    bell = Rung("fine")
    tries: list[datetime] = []

    @timers.on("bad")
    async def ring(uow: UnitOfWork, due: Due) -> None:
        tries.append(uow.now)
        uow.record(await uow.get(Counter, counter), Counted(), organisation_id=None)
        if len(tries) < 4:
            raise RuntimeError("again, please")

    start = clock.now()
    await schedule(runtime, "bad", "k", start)
    await schedule(runtime, "fine", "k", start + timedelta(seconds=1))
    runner = TimerRunner(runtime, [timers, bell.timers])
    for _ in range(100):
        await runner.run_due()
        clock.advance(timedelta(seconds=1))

    assert [(each - start).total_seconds() for each in tries] == [0, 1, 11, 71]
    assert len(bell.seen) == 1
    assert waiting(counting.owner_url) == []
    assert await number(runtime) == 1
    assert versions(counting.owner_url) == {counter: [1]}
    assert effects(counting.owner_url, "nobody") == {}


async def test_a_handler_may_set_its_own_timer_anew(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    timers = Timers()
    rings: list[datetime] = []

    @timers.on("a")
    async def ring(uow: UnitOfWork, due: Due) -> None:
        rings.append(due.due_at)
        await uow.schedule("a", due.key, due.due_at + HOUR)

    start = clock.now()
    await schedule(runtime, "a", "k", start)
    runner = TimerRunner(runtime, [timers])
    clock.advance(2 * HOUR)
    assert await runner.run_due() == 3
    assert rings == [start, start + HOUR, start + 2 * HOUR]
    assert waiting(database.owner_url) == [("a", "k", 0)]


async def test_a_recurring_timer_rings_once_for_a_long_absence(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    timers, bell = Timers(), Rung()
    timers.every(HOUR, "hourly")(bell.ring)
    for absence in (timedelta(), timedelta(days=30), HOUR):
        clock.advance(absence)
        assert await TimerRunner(runtime, [timers]).run_due() == 1
    assert waiting(database.owner_url) == [("hourly", "", 0)]


async def test_two_runners_never_ring_one_timer_twice(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()
    bell = Rung("a")
    for key in range(40):
        await schedule(runtime, "a", str(key), clock.now())
    runners = [TimerRunner(runtime, [bell.timers]) for _ in range(4)]
    await asyncio.gather(*(each.run_due() for each in runners))

    assert sorted(int(key) for _, key, _ in bell.seen) == list(range(40))


async def test_a_timer_may_be_set_by_one_who_holds_what_it_is_about(
    new_runtime: NewRuntime, counting: TestDatabase, clock: ManualClock
) -> None:
    """Both the handler and a request take the counter; neither may wait for the other's timer."""
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    timers = Timers()
    ringing = asyncio.Event()

    @timers.on("a")
    async def ring(uow: UnitOfWork, due: Due) -> None:
        ringing.set()
        (await uow.get(Counter, counter)).total += 1

    start = clock.now()
    await schedule(runtime, "a", "k", start)
    async with runtime.begin(SERVICE) as uow:
        (await uow.get(Counter, counter)).total += 10
        runner = asyncio.create_task(TimerRunner(runtime, [timers]).step())
        await ringing.wait()
        await uow.connection.execute(text("SET LOCAL lock_timeout = '500ms'"))
        await uow.schedule("a", "k", start + HOUR)
    await runner

    assert waiting(counting.owner_url) == [("a", "k", 0)]
    async with runtime.begin(SERVICE) as uow:
        assert (await uow.get(Counter, counter)).total == 11


async def test_a_timer_whose_transaction_failed_was_never_set(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> None:
    runtime = await new_runtime()

    async def fail() -> None:
        async with runtime.begin(SERVICE) as uow:
            await uow.schedule("a", "k", clock.now())
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await fail()
    assert waiting(database.owner_url) == []
