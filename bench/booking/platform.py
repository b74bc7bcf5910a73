"""The platform as it would run for a city: several API processes, one that relays and works."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from bench.database import Fresh
from bench.gate.processes import ROOT, ServerFailed, free_port

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events.log import is_waiting
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports.operations import progress

PATIENCE = 120.0
NEWS = 600.0


@asynccontextmanager
async def platform(fresh: Fresh, processes: int) -> AsyncIterator[list[int]]:
    """The ports of so many API processes, which run as long as the block, with a worker beside."""
    environment = {
        **os.environ,
        "GYMHOPPER_DATA_FOLDER": str(fresh.settings.data_folder),
        "GYMHOPPER_DATABASE_URL": fresh.url,
        "GYMHOPPER_VALKEY_URL": fresh.valkey_url,
        "GYMHOPPER_LOG_LEVEL": "ERROR",
    }
    ports = [free_port() for _ in range(processes)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_serve("relay,worker", free_port(), environment))
        for port in ports:
            await stack.enter_async_context(_serve("api", port, environment))
        yield ports


@asynccontextmanager
async def _serve(roles: str, port: int, environment: dict[str, str]) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("gymhopper"),
        *("serve", "--roles", roles, "--port", str(port)),
        cwd=ROOT,
        env=environment,
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(PATIENCE):
            while process.returncode is None:
                try:
                    ready = await client.get(f"http://127.0.0.1:{port}/readyz")
                except httpx.TransportError:
                    ready = None
                if ready is not None and ready.status_code == 200:
                    break
                await asyncio.sleep(0.05)
            else:
                raise ServerFailed(f"the server ended with {process.returncode}")
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def news_arrived(runtime: Runtime) -> None:
    """Wait until every context has heard of all that happened; none may have set news aside."""
    async with asyncio.timeout(NEWS):
        while True:
            async with runtime.read(SERVICE) as connection:
                unnumbered = await is_waiting(connection)
            readers = await progress(runtime)
            assert not any(each.parked for each in readers), readers
            if not unnumbered and all(each.behind <= 0 and not each.retrying for each in readers):
                return
            await asyncio.sleep(0.05)
