"""The simulator in a process of the platform: mounted, billing and delivering by itself."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import stripe
from fastapi import APIRouter, Request

from fixtures.engines import TestDatabase
from gymhopper.app.process import Process
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.sandbox.stripe.account import API_KEY, MOUNT, webhook_secret
from gymhopper.sandbox.stripe.context import context
from gymhopper.sandbox.stripe.settings import StripeSandboxSettings
from sandbox.stripe.harness import MONTHLY


def _webhook_route(arrived: list[str], secret: list[str]) -> Context:
    router = APIRouter()

    @router.post("/payments/webhook")
    async def receive(request: Request) -> None:
        event = stripe.Webhook.construct_event(
            await request.body(), request.headers["stripe-signature"], secret[0]
        )
        arrived.append(event.type)

    return Context(name="receiver", routers=[router])


async def _until(arrived: list[str], wanted: str, count: int) -> None:
    deadline = asyncio.get_running_loop().time() + 30
    while arrived.count(wanted) < count:
        assert asyncio.get_running_loop().time() < deadline, arrived
        await asyncio.sleep(0.02)


async def test_the_platforms_clock_makes_renewals_and_webhooks_come_by_themselves(
    database: TestDatabase, tmp_path: Path
) -> None:
    arrived: list[str] = []
    secret: list[str] = []
    runtime = Runtime(
        Settings(data_folder=tmp_path, port=0),
        [context, _webhook_route(arrived, secret)],
        database_url=database.url,
    )
    secret.append(webhook_secret(runtime.secrets))
    process = Process(runtime)
    await process.start()
    http = stripe.HTTPXClient()
    client = stripe.StripeClient(
        API_KEY, base_addresses={"api": process.url + MOUNT}, http_client=http
    )
    try:
        session = await client.v1.checkout.sessions.create_async(
            {
                "mode": "subscription",
                "success_url": "http://127.0.0.1/",
                "line_items": [{"price_data": MONTHLY, "quantity": 1}],
            }  # type: ignore[typeddict-item] # the price's dict is typed loosely
        )
        async with httpx.AsyncClient(trust_env=False) as browser:
            paid = await browser.post(str(session.url), data={"card": "4242424242424242"})
        assert paid.status_code == 303
        await _until(arrived, "checkout.session.completed", 1)
        await runtime.stored_clock.advance(timedelta(days=100))
        await _until(arrived, "invoice.paid", 4)
        assert process.troubles() == {}
    finally:
        await process.stop()
        await http.close_async()


def test_the_environment_sets_recovery_and_unruliness(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "RETRY_DAYS": "[2, 4]",
        "AFTER_RETRIES": "unpaid",
        "DUPLICATE": "0.5",
        "SHUFFLE": "true",
        "DELAY": "3",
        "DROP_FIRST_TRY": "0.1",
    }.items():
        monkeypatch.setenv(f"GYMHOPPER_SANDBOX_STRIPE_{name}", value)
    settings = StripeSandboxSettings()
    assert (settings.recovery().retry_days, settings.recovery().then) == ((2, 4), "unpaid")
    unruly = settings.unruliness()
    assert (unruly.duplicate, unruly.shuffle, unruly.delay) == (0.5, True, 3)
    assert unruly.drop_first_try == 0.1
