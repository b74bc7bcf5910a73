"""A running simulator for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import stripe
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from fixtures.runtimes import NewRuntime
from gymhopper.chassis.server import HttpServer
from gymhopper.kernel.clock import ManualClock
from gymhopper.sandbox.stripe.account import API_KEY, MOUNT, WEBHOOK_ROUTE
from gymhopper.sandbox.stripe.app import create_sandbox
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.context import context
from sandbox.stripe.harness import Receiver, Sandbox

# Stripe's library hands its forms to httpx in a way that httpx has deprecated.
_LIBRARY = "ignore:Use 'content=:DeprecationWarning"


def pytest_itemcollected(item: pytest.Item) -> None:
    if Path(__file__).parent in item.path.parents:
        item.add_marker(pytest.mark.filterwarnings(_LIBRARY))


@pytest.fixture
async def sandbox(new_runtime: NewRuntime, clock: ManualClock) -> AsyncIterator[Sandbox]:
    runtime = await new_runtime([context])
    receiver = Receiver()
    app = Starlette(
        routes=[
            Mount(MOUNT, create_sandbox(runtime, Recovery())),
            Route(WEBHOOK_ROUTE, receiver.receive, methods=["POST"]),
            Route("/elsewhere/{name}", receiver.receive_elsewhere, methods=["POST"]),
        ]
    )
    server = HttpServer(app, host="127.0.0.1", port=0)
    await server.start()
    runtime.url = f"http://127.0.0.1:{server.port}"
    http = stripe.HTTPXClient()
    client = stripe.StripeClient(
        API_KEY, base_addresses={"api": runtime.url + MOUNT}, http_client=http
    )
    async with httpx.AsyncClient(trust_env=False) as browser:
        yield Sandbox(runtime, clock, client, browser, receiver)
    await http.close_async()
    await server.stop()
