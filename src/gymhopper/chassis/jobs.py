"""Background jobs on PostgreSQL, deferred in the transaction that needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import procrastinate
from procrastinate import exceptions
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.correlation import correlate, correlation_id
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.registry import Job

if TYPE_CHECKING:
    from gymhopper.chassis.runtime import Runtime

log = get_logger(__name__)

# A worker says every ten seconds that it lives.
_DEAD_AFTER = 30.0
_RESCUE_EVERY = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """One of several jobs of a kind, and what set it off."""

    lock: str | None
    arguments: dict[str, Any]
    correlation: str


class JobQueue:
    """Puts jobs into the queue; the worker below takes them out."""

    def __init__(self, runtime: Runtime, database_url: str) -> None:
        self._runtime = runtime
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=database_url,
                kwargs={"options": "-c search_path=jobs"},
                min_size=1,
                max_size=4,
            )
        )

    async def defer(
        self, connection: AsyncConnection, job: str, lock: str | None, arguments: dict[str, Any]
    ) -> None:
        """Insert the job on the caller's connection, so that it exists only if that commits."""
        raw = await connection.get_raw_connection()
        await self._app.configure_task(
            job,
            allow_unknown=True,
            queue=_queue(job),
            lock=lock,
            connection=raw.driver_connection,
        ).defer_async(correlation=correlation_id(), **arguments)

    async def defer_many(
        self, connection: AsyncConnection, job: str, several: Sequence[Deferred]
    ) -> None:
        """Insert the same job several times in one statement."""
        if not several:
            return
        raw = await connection.get_raw_connection()
        deferrers = [
            self._app.configure_task(job, allow_unknown=True, queue=_queue(job), lock=each.lock)
            for each in several
        ]
        await self._app.job_manager.batch_defer_jobs_async(
            [
                deferrer.make_new_job(correlation=each.correlation, **each.arguments)
                for deferrer, each in zip(deferrers, several, strict=True)
            ],
            connection=raw.driver_connection,
        )

    def worker(self, jobs: list[Job], *, concurrency: int) -> Worker:
        """A component that does these jobs, and leaves those of other contexts to their workers."""
        for job in jobs:
            self._app.task(
                name=job.name,
                retry=procrastinate.RetryStrategy(
                    max_attempts=job.attempts, wait=0, exponential_wait=2
                ),
            )(self._work(job))
        return Worker(self._app, sorted({_queue(job.name) for job in jobs}), concurrency)

    def _work(self, job: Job) -> Any:
        async def work(*, correlation: str, **arguments: Any) -> None:
            correlate(correlation)
            await job.handler(self._runtime, **arguments)

        return work

    async def close(self) -> None:
        """Close the queue's own connections."""
        await self._app.close_async()


def _queue(job: str) -> str:
    """Each context has a queue of its own: its jobs are done where its handlers are."""
    return job.partition(".")[0]


class Worker:
    """Takes jobs from the queue while the process runs; a stop lets those under way finish."""

    name = "jobs"

    def __init__(self, app: procrastinate.App, queues: list[str], concurrency: int) -> None:
        self._app = app
        self._queues = queues
        self._concurrency = concurrency
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect and begin."""
        await self._app.open_async()
        if self._queues:
            self._tasks = [
                asyncio.create_task(self._run(), name=self.name),
                asyncio.create_task(self._rescue_again_and_again(), name=f"{self.name}:rescue"),
            ]

    async def rescue(self) -> int:
        """Put back the jobs of workers that died while doing them; returns how many."""
        count = 0
        stalled = await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_AFTER)
        for job in stalled:
            # Another process may have put it back just now.
            with suppress(exceptions.ConnectorException):
                await self._app.job_manager.retry_job(job)
                log.warning("job_rescued", job=job.task_name, job_id=job.id)
                count += 1
        return count

    async def _run(self) -> None:
        while True:
            try:
                await self._app.run_worker_async(
                    queues=self._queues,
                    concurrency=self._concurrency,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=1.0,
                    shutdown_graceful_timeout=10,
                    stalled_worker_timeout=_DEAD_AFTER,
                )
            except Exception:  # the queue is in the database: nothing is lost by trying again
                log.warning("job_worker_restarts", exc_info=True)
                await asyncio.sleep(1)
            else:
                return

    async def _rescue_again_and_again(self) -> None:
        while True:
            try:
                await self.rescue()
            except Exception:  # the worker above shows whether the database is back
                log.warning("job_rescue_failed", exc_info=True)
            await asyncio.sleep(_RESCUE_EVERY)

    async def stop(self) -> None:
        """Finish the jobs under way, for ten seconds at most."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def trouble(self) -> str | None:
        """Ready while its tasks live."""
        return "stopped" if any(task.done() for task in self._tasks) else None
