"""Jobs are done if, and only if, the transaction that wanted them commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from chassis.counting import Counted, count_up, new_counters, number
from chassis.killing import until
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.correlation import correlate, correlation_id
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.jobs import Worker
from gymhopper.chassis.registry import Jobs, Subscriptions
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.chassis.unit_of_work import UnitOfWork


@asynccontextmanager
async def working(runtime: Runtime, jobs: Jobs) -> AsyncIterator[Worker]:
    worker = runtime.jobs.worker(list(jobs.all.values()), concurrency=4)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


def as_operator(database: TestDatabase) -> psycopg.Connection[Any]:
    """Somebody who changes the queue by hand; its triggers need it on the search path."""
    return psycopg.connect(database.owner_url, autocommit=True, options="-c search_path=jobs")


def queued(database: TestDatabase) -> list[tuple[str, str, int]]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(
            "SELECT task_name, status::text, attempts FROM jobs.procrastinate_jobs ORDER BY id"
        ).fetchall()


async def test_a_job_is_done_with_its_arguments_and_its_correlation(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()
    jobs = Jobs()
    done: list[tuple[str, int, str]] = []

    @jobs.job("testing.work")
    async def work(here: Runtime, *, text: str, number: int) -> None:
        assert here is runtime
        done.append((text, number, correlation_id()))

    correlate("request-1")
    async with runtime.begin(SERVICE) as uow:
        await uow.defer("testing.work", text="ä", number=7)
        assert queued(database) == []
    async with working(runtime, jobs):
        await until(lambda: bool(done) and queued(database) == [])
    assert done == [("ä", 7, "request-1")]


async def test_a_job_of_a_transaction_that_failed_does_not_exist(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()

    async def fail() -> None:
        async with runtime.begin(SERVICE) as uow:
            await uow.defer("testing.work")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await fail()
    assert queued(database) == []


async def test_a_job_deferred_by_a_handler_keeps_the_event_s_correlation(
    new_runtime: NewRuntime, counting: TestDatabase
) -> None:
    runtime = await new_runtime()
    (counter,) = await new_counters(runtime, 1)
    jobs, subscriptions = Jobs(), Subscriptions()
    heard: list[str] = []

    @jobs.job("testing.work")
    async def work(here: Runtime) -> None:
        heard.append(correlation_id())

    @subscriptions.on(Counted)
    async def handle(uow: UnitOfWork, event: Counted, envelope: Envelope) -> None:
        await uow.defer("testing.work")

    correlate("the-request")
    await count_up(runtime, counter, 1)
    correlate("the-loop")
    await number(runtime)
    subscriber = LocalSubscriber(runtime, Delivery("s", subscriptions))
    for _ in range(2):
        await subscriber.step()
    async with working(runtime, jobs):
        await until(lambda: bool(heard))
    assert heard == ["the-request"]


async def test_a_failed_job_is_tried_again_a_moment_later(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()
    jobs = Jobs()
    tries: list[int] = []

    @jobs.job("testing.work")
    async def work(here: Runtime) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("try again")

    async with runtime.begin(SERVICE) as uow:
        await uow.defer("testing.work")
    async with working(runtime, jobs):
        await until(lambda: queued(database) == [("testing.work", "todo", 1)])
        with as_operator(database) as connection:
            (later,) = connection.execute(
                "SELECT scheduled_at > now() FROM procrastinate_jobs"
            ).fetchone()
            assert later
            connection.execute("UPDATE jobs.procrastinate_jobs SET scheduled_at = now()")
        await until(lambda: queued(database) == [])
    assert len(tries) == 2


async def test_jobs_with_one_lock_are_done_one_at_a_time_and_in_order(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()
    jobs = Jobs()
    at_work: set[str] = set()
    overlaps: list[str] = []
    both = asyncio.Event()
    done: list[tuple[str, int]] = []

    @jobs.job("testing.work")
    async def work(here: Runtime, *, lock: str, turn: int) -> None:
        overlaps.extend({lock} & at_work)
        at_work.add(lock)
        if len(at_work) == 2:
            both.set()
        await both.wait()  # the other lock's job is free to run beside this one
        at_work.remove(lock)
        done.append((lock, turn))

    async with runtime.begin(SERVICE) as uow:
        for turn in range(5):
            for lock in ("a", "b"):
                await uow.runtime.jobs.defer(
                    uow.connection, "testing.work", lock, {"lock": lock, "turn": turn}
                )
    with as_operator(database) as connection:
        locks = connection.execute("SELECT lock FROM procrastinate_jobs ORDER BY id").fetchall()
    assert locks == [("a",), ("b",)] * 5
    async with working(runtime, jobs):
        await until(lambda: len(done) == 10)
    assert overlaps == []
    for lock in ("a", "b"):
        assert [turn for which, turn in done if which == lock] == list(range(5))


async def test_a_worker_leaves_the_jobs_of_other_contexts_alone(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()
    jobs = Jobs()
    done: list[int] = []

    @jobs.job("testing.work")
    async def work(here: Runtime) -> None:
        done.append(1)

    async with runtime.begin(SERVICE) as uow:
        await uow.defer("elsewhere.work")
        await uow.defer("testing.work")
    async with working(runtime, jobs):
        await until(lambda: queued(database) == [("elsewhere.work", "todo", 0)])
    assert done == [1]


async def test_a_job_whose_worker_was_killed_is_done_by_another(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()
    jobs = Jobs()
    done: list[int] = []

    @jobs.job("testing.work")
    async def work(here: Runtime) -> None:
        done.append(1)

    async with runtime.begin(SERVICE) as uow:
        await uow.defer("testing.work", lock="one")
    with as_operator(database) as connection:
        connection.execute(
            "WITH dead AS (INSERT INTO jobs.procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id)"
            " UPDATE jobs.procrastinate_jobs SET status = 'doing', worker_id = dead.id FROM dead"
        )
    async with working(runtime, jobs) as worker:
        await until(lambda: bool(done) and queued(database) == [])
        assert await worker.rescue() == 0
    assert done == [1]


async def test_a_stop_lets_the_job_under_way_finish(
    new_runtime: NewRuntime, database: TestDatabase
) -> None:
    runtime = await new_runtime()
    jobs = Jobs()
    began, may_end = asyncio.Event(), asyncio.Event()
    done: list[int] = []

    @jobs.job("testing.work")
    async def work(here: Runtime) -> None:
        began.set()
        await may_end.wait()
        done.append(1)

    async with runtime.begin(SERVICE) as uow:
        await uow.defer("testing.work")
    async with working(runtime, jobs) as worker:
        await began.wait()
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        may_end.set()
        await stopping
        assert worker.trouble() == "stopped"
    assert done == [1]
    assert queued(database) == []
