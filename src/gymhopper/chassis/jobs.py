"""Background jobs on PostgreSQL, deferred in the transaction that needs them."""

from __future__ import annotations

import asyncio
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
            lock=lock,
            connection=raw.driver_connection,
        ).defer_async(correlation=correlation_id(), **arguments)

    def worker(self, jobs: list[Job], *, concurrency: int) -> Worker:
        """A component that does these jobs."""
        for job in jobs:
            self._app.task(
                name=job.name,
                retry=procrastinate.RetryStrategy(
                    max_attempts=job.attempts, wait=0, exponential_wait=2
                ),
            )(self._work(job))
        return Worker(self._app, concurrency)

    def _work(self, job: Job) -> Any:
        async def work(*, correlation: str, **arguments: Any) -> None:
            correlate(correlation)
            await job.handler(self._runtime, **arguments)

        return work

    async def close(self) -> None:
        """Close the queue's own connections."""
        await self._app.close_async()


class Worker:
    """Takes jobs from the queue while the process runs; a stop lets those under way finish."""

    name = "jobs"

    def __init__(self, app: procrastinate.App, concurrency: int) -> None:
        self._app = app
        self._concurrency = concurrency
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect and begin."""
        await self._app.open_async()
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def _run(self) -> None:
        while True:
            try:
                await self._app.run_worker_async(
                    concurrency=self._concurrency,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=1.0,
                    shutdown_graceful_timeout=10,
                )
            except exceptions.ProcrastinateException:
                # The database went away; the queue is in it, so nothing is lost by trying again.
                log.warning("job_worker_restarts", exc_info=True)
                await asyncio.sleep(1)
            else:
                return

    async def stop(self) -> None:
        """Finish the jobs under way, for ten seconds at most."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def trouble(self) -> str | None:
        """Ready while its task lives."""
        return "stopped" if self._task is None or self._task.done() else None
