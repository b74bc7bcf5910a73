"""A running simulator for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psycopg
import pytest
import stripe
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from fixtures.runtimes import NewRuntime
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.migrate import migrate
from gymhopper.chassis.provision import APPLICATION, OWNER, url_for
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


@pytest.fixture(scope="session")
def template(engines: Engines, template: str) -> str:
    """The template of all tests, with the simulator's tables besides."""
    name = f"{template}_stripe"
    with psycopg.connect(engines.postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
    assert context.migrations is not None
    owner_url = url_for(engines.postgres_url, user=OWNER, database=name)
    migrate(owner_url, APPLICATION, [context.migrations])
    return name


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
