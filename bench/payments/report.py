"""How fast the provider's webhooks are taken and applied: `gymhopper bench payments`.

Each part is a process of its own: the platform's route, its worker, the simulated provider, and
whoever sends. `accept` is the route alone, which stores an event and a job; `apply` is one worker
with a backlog, its waits from acceptance to effect at the half of its maximum. `baseline` handles
the same events inside the request. `reconcile` compares 20,000 subscriptions for each second that a
run lasts: 100,000 with the usual five.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from bench.database import fresh_database
from bench.gate.processes import ROOT, free_port, serving
from bench.payments.world import copy, memberships, subscribe
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.usecases.reconcile import reconcile

Figures = dict[str, Any]

BILLING, SANDBOX = "gymhopper.contexts.billing", "gymhopper.sandbox.stripe"
SECRET = "whsec_bench"
ROUTE = "/api/v1/payments/webhook"
A_SECOND = 20_000
PATIENCE = 300.0

_WAITING = text("SELECT count(*) FROM billing.webhook_event WHERE state = 'received'")
_CLEAR = "TRUNCATE billing.webhook_event, jobs.procrastinate_jobs CASCADE"
_WAITS = text(
    "SELECT round(1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY took)::numeric, 1) AS p50_ms,"
    " round(1000 * percentile_cont(0.99) WITHIN GROUP (ORDER BY took)::numeric, 1) AS p99_ms"
    " FROM (SELECT extract(epoch FROM handled_at - received_at) AS took"
    " FROM billing.webhook_event WHERE received_at >= :since AND state = 'handled') AS handled"
)


async def report(seconds: int = 5) -> Figures:
    """Everything on one new database."""
    async with fresh_database([BILLING, SANDBOX]) as fresh:
        provider_port = free_port()
        os.environ |= {
            "GYMHOPPER_DATA_FOLDER": str(fresh.settings.data_folder),
            "GYMHOPPER_DATABASE_URL": fresh.url,
            "GYMHOPPER_VALKEY_URL": fresh.valkey_url,
            "GYMHOPPER_LOG_LEVEL": "ERROR",
            "GYMHOPPER_BILLING_STRIPE_API_KEY": "sk_test_sandbox",
            "GYMHOPPER_BILLING_STRIPE_WEBHOOK_SECRETS": json.dumps([SECRET]),
            "GYMHOPPER_BILLING_STRIPE_API_BASE": (
                f"http://127.0.0.1:{provider_port}/sandbox/stripe"
            ),
            "NO_PROXY": "127.0.0.1",
        }
        contexts = [*load((BILLING,)), memberships()]
        runtime = Runtime(fresh.settings, contexts, database_url=fresh.url)
        try:
            async with _serve("sandbox", "api", provider_port):
                return await _measure(runtime, fresh.owner_url, seconds)
        finally:
            await runtime.close()


async def _measure(runtime: Runtime, owner_url: str, seconds: int) -> Figures:
    count = A_SECOND * seconds
    await subscribe(runtime)
    await asyncio.to_thread(copy, owner_url, count)
    figures: Figures = {"reconcile": await _reconcile(runtime, count)}
    port = free_port()
    async with _serve("billing", "api", port):
        await _send(port, ROUTE, count, 1)
        accept = await _send(port, ROUTE, count, seconds)
        half = await _send(port, ROUTE, count, seconds, accept["rps"] / 2)
        figures["accept"] = accept
        figures["accept_at_half"] = half
        figures["apply"] = await _apply(runtime, owner_url, port, count, seconds)
    port, folder = free_port(), str(runtime.settings.data_folder)
    arguments = (runtime.database.url, folder, str(port))
    async with serving("bench.payments.inline", *arguments, port=port):
        await _send(port, "/webhook", count, 1)
        figures["baseline"] = await _send(port, "/webhook", count, seconds)
        figures["baseline_at_half"] = await _send(
            port, "/webhook", count, seconds, figures["baseline"]["rps"] / 2
        )
    return figures


async def _reconcile(runtime: Runtime, count: int) -> Figures:
    began = time.perf_counter()
    found = await reconcile(runtime, payment_provider(runtime))
    took = time.perf_counter() - began
    assert found.findings == ()
    assert found.reconciliation.compared == count + 1
    return {"subscriptions": count + 1, "seconds": round(took, 1)}


async def _apply(runtime: Runtime, owner_url: str, port: int, count: int, seconds: int) -> Figures:
    """One worker with a backlog of about `seconds` of acceptance's half second each."""
    await asyncio.to_thread(_clear, owner_url)
    await _send(port, ROUTE, count, seconds / 2)
    backlog = await _waiting(runtime)
    async with _serve("billing", "worker", free_port()):
        while await _waiting(runtime) == backlog:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
        # From when it is warm.
        left, began = await _waiting(runtime), time.perf_counter()
        await _drained(runtime)
        rate = left / (time.perf_counter() - began)
        since = runtime.clock.now()
        await _send(port, ROUTE, count, seconds, rate / 2)
        await _drained(runtime)
        async with runtime.read(SERVICE) as connection:
            waits = (await connection.execute(_WAITS, {"since": since})).mappings().one()
    return {"rps": round(rate, 1), **{name: float(value) for name, value in waits.items()}}


async def _waiting(runtime: Runtime) -> int:
    async with runtime.read(SERVICE) as connection:
        return int((await connection.execute(_WAITING)).scalar_one())


async def _drained(runtime: Runtime) -> None:
    async with asyncio.timeout(PATIENCE):
        while await _waiting(runtime):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)


def _clear(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute(_CLEAR)


async def _send(
    port: int, path: str, subscriptions: int, seconds: float, rate: float | None = None
) -> Figures:
    words = [str(port), path, SECRET, str(subscriptions), str(seconds)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.payments.sending", *words),
        *([] if rate is None else [str(rate)]),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    figures: Figures = json.loads(printed)
    return figures


@asynccontextmanager
async def _serve(context: str, role: str, port: int) -> AsyncIterator[None]:
    """`gymhopper serve` with one context in one role, as long as the block runs."""
    async with AsyncExitStack() as stack:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("gymhopper"),
            *("serve", "--contexts", context, "--roles", role, "--port", str(port)),
            cwd=ROOT,
        )
        stack.push_async_callback(process.wait)
        stack.callback(_stop, process)
        async with asyncio.timeout(60):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield


def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
