"""What hashing passwords costs everybody else: the wait for a cheap authenticated request while
many people sign in at once, beside the wait without them, from one platform in one run."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import quantiles

import httpx
from bench.gate.processes import free_port

from gymhopper.app.opening import open_runtime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.identity.gateways.hashing import passwords
from gymhopper.contexts.identity.usecases.open_account import OpenAccount, open_account

Figures = dict[str, object]

PEOPLE = 50
PASSWORD = "a mill that weaves algebra"
PATIENCE = 120
EVERY = 0.01
"""Seconds between the cheap requests: enough of them for a p99, too few to fill a core."""


async def report(seconds: int = 5) -> Figures:
    """`seconds` of cheap requests alone, then as many while `PEOPLE` sign in without a pause."""
    with tempfile.TemporaryDirectory() as folder:
        async with _platform(Path(folder)) as url:
            await _people(Path(folder))
            return await _measured(url, seconds)


async def _measured(url: str, seconds: int) -> Figures:
    limits = httpx.Limits(max_connections=PEOPLE + 10)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
        first = await _sign_in(client, 0)
        client.headers["Authorization"] = f"Bearer {first}"
        await _cheap(client, 1)
        alone = await _cheap(client, seconds)
        done = [0] * PEOPLE
        signing = [asyncio.create_task(_again_and_again(url, n, done)) for n in range(PEOPLE)]
        await asyncio.sleep(1)
        already, began = sum(done), time.perf_counter()
        beside = await _cheap(client, seconds)
        rate = (sum(done) - already) / (time.perf_counter() - began)
        for each in signing:
            each.cancel()
        await asyncio.gather(*signing, return_exceptions=True)
    return {
        "people": PEOPLE,
        "sign_ins_per_s": round(rate, 1),
        "get_alone_ms": _spread(alone),
        "get_beside_sign_ins_ms": _spread(beside),
    }


async def _cheap(client: httpx.AsyncClient, seconds: int) -> list[float]:
    """How long each GET took, in milliseconds."""
    waits = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        answer = await client.get("/api/v1/me")
        waits.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
        await asyncio.sleep(EVERY)
    return waits


def _spread(waits: list[float]) -> dict[str, float]:
    cuts = quantiles(waits, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1), "requests": len(waits)}


async def _again_and_again(url: str, number: int, done: list[int]) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        while True:
            await _sign_in(client, number)
            done[number] += 1


async def _sign_in(client: httpx.AsyncClient, number: int) -> str:
    body = {"email": f"{number}@example.com", "password": PASSWORD}
    answer = await client.post("/api/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["tokens"]["access_token"])


async def _people(folder: Path) -> None:
    async with open_runtime(Settings(data_folder=folder), migrated=False) as runtime:
        hashed = await passwords(runtime).hash(PASSWORD)
        async with runtime.begin(SERVICE) as uow:
            for n in range(PEOPLE):
                await open_account(uow, OpenAccount(email=f"{n}@example.com", password_hash=hashed))


@contextlib.asynccontextmanager
async def _platform(folder: Path) -> AsyncIterator[str]:
    """`gymhopper up` without limits of requests; its address, when it is ready."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("gymhopper"),
        *("up", "--data", str(folder), "--port", str(port)),
        env={
            **os.environ,
            "GYMHOPPER_LOG_LEVEL": "ERROR",
            "GYMHOPPER_LIMITS_READ": "0",
            "GYMHOPPER_LIMITS_WRITE": "0",
            "GYMHOPPER_LIMITS_SIGN_IN": "0",
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{url}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
        yield url
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
