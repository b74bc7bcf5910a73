"""A till for each test."""

from collections.abc import AsyncIterator

import httpx
import pytest
import stripe

from contexts.billing.ledger_desk import GYM, OTHER_GYM, SECOND_ENTITY, Desk
from contexts.billing.samples import seller, taxed_at
from contexts.billing.till import SoldMemberships, Till
from fixtures.callers import callers_context, http_client, in_role, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.server import HttpServer
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.gateways.providers import ProviderConnection
from gymhopper.contexts.billing.gateways.stripe_transport import Transport
from gymhopper.contracts.identity.api import Caller
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id
from gymhopper.sandbox.stripe.account import API_KEY, MOUNT
from gymhopper.sandbox.stripe.context import context as sandbox
from gymhopper.sandbox.stripe.webhooks.delivery import WebhookDelivery


@pytest.fixture
async def till(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> AsyncIterator[Till]:
    memberships, organisation = SoldMemberships(clock.now().date()), new_id()
    runtime = await new_runtime(
        [
            billing,
            sandbox,
            callers_context(
                desk=staff_of(organisation),
                stranger=staff_of(new_id()),
                reader=staff_of(organisation, "payments:read"),
            ),
            Context(name="membership", apis=[Implementation(MembershipApi, lambda _: memberships)]),
        ]
    )
    async with runtime.begin(SERVICE) as uow:
        uow.add(seller(organisation))
        uow.add(taxed_at(organisation, "20"))
    server = HttpServer(create_app(runtime, dict), host="127.0.0.1", port=0)
    runtime.url = server.bind()
    await server.start()
    runtime.jobs.worker(list(billing.jobs.all.values()), concurrency=1)
    await runtime.jobs._app.open_async()
    http = Transport(timeout=30, direct=True)
    client = stripe.StripeClient(
        API_KEY, base_addresses={"api": runtime.url + MOUNT}, http_client=http
    )
    async with httpx.AsyncClient(base_url=runtime.url, trust_env=False, timeout=30) as browser:
        delivery = WebhookDelivery(runtime)
        yield Till(runtime, clock, memberships, browser, client, organisation, delivery)
        await delivery.close()
    await http.close_async()
    await ProviderConnection(runtime).stop()
    await server.stop()


@pytest.fixture
async def desk(new_runtime: NewRuntime) -> AsyncIterator[Desk]:
    tokens: dict[str, Caller] = {
        "desk": staff_of(GYM),
        "stranger": staff_of(OTHER_GYM),
        "without": staff_of(GYM, "payments:read"),
        "second": in_role("accountant", GYM, legal_entity_id=SECOND_ENTITY),
    }
    runtime = await new_runtime([billing, callers_context(**tokens)])
    async with http_client(runtime) as client:
        yield Desk(runtime, client)
