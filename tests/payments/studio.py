"""Billing and membership as they are, the provider's sandbox beside them, and time in a test's
hand.

What one context says the other hears through the real log; the door is asked by the record that it
would be given.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import stripe

from contexts.billing.samples import MONTHLY, seller, taxed_at
from contexts.billing.till import Till
from contexts.membership.conftest import KnownSellers
from contexts.membership.samples import AGREEMENT
from fixtures.callers import callers_context, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.app.wellness import promises
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import decode_payload
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.server import HttpServer
from gymhopper.chassis.timers import TimerRunner
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.contexts.access.domain.compiling import compile_grant
from gymhopper.contexts.access.domain.records import milliseconds
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.gateways.providers import ProviderConnection
from gymhopper.contexts.billing.gateways.stripe_transport import Transport
from gymhopper.contexts.membership.context import context as membership
from gymhopper.contracts.membership.events import MembershipEvent, MembershipState
from gymhopper.contracts.venues.api import LegalEntity, VenuesApi
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id
from gymhopper.sandbox.stripe.account import API_KEY, MOUNT
from gymhopper.sandbox.stripe.billing.clock import BillingClock
from gymhopper.sandbox.stripe.context import context as sandbox
from gymhopper.sandbox.stripe.webhooks.delivery import WebhookDelivery

Json = Any
PRICE = {"amount": 2990, "currency": "EUR"}
LONGEST_STEP = timedelta(days=10)


@dataclass
class Studio(Till):
    """The till, where memberships are real."""

    subscribers: list[LocalSubscriber] = field(default_factory=list)
    timers: TimerRunner | None = None
    read_to: int = 0

    async def settle(self, delivery: WebhookDelivery | None = None) -> None:
        """Webhooks, jobs and news between the contexts, until nothing is left."""
        while await self.deliver(delivery) or await self.work() or await self.relay():
            pass

    async def relay(self) -> bool:
        """Let each context hear what was said; returns whether there was something."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
            last = await event_log.last_seq(connection)
        if last == self.read_to:
            return False
        for each in self.subscribers:
            while await each.step():
                pass
        self.read_to = last
        return True

    async def advance(self, delivery: WebhookDelivery | None = None, **by: float) -> None:
        """Let time pass, at most ten days at once: what rings late on the way rings in order."""
        left = timedelta(**by)
        while left > timedelta():
            step = min(left, LONGEST_STEP)
            left -= step
            self.clock.advance(step)
            await BillingClock(self.runtime, self.recovery).run_due()
            assert self.timers is not None
            await self.timers.run_due()
            await self.settle(delivery)

    async def reach(self, instant: str | datetime) -> None:
        """Let time pass up to a second after the instant."""
        then = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        await self.advance(seconds=(then - self.clock.now()).total_seconds() + 1)

    async def call(self, method: str, path: str, body: Json = None, *, expect: int) -> Json:
        """A request of the desk's."""
        answer = await self.client.request(
            method, f"/api/v1{path}", json=body, headers={"Authorization": "Bearer desk"}
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def plan(self, **changes: Json) -> Json:
        """Something to buy, once a day for ever unless the changes say otherwise."""
        body = {
            "legal_entity_id": str(MONTHLY.legal_entity_id),
            "name": "Basic",
            "coverage": {"include": [{}]},
            "prices": [{"price": PRICE}],
        }
        return await self.call("POST", "/plans", body | changes, expect=201)

    async def bought(self, plan: Json, **agreement: Json) -> str:
        """A membership of somebody new, not paid yet; its id."""
        who = {"first_name": "Ada", "last_name": "Byron", "agreement": AGREEMENT}
        member = await self.call("POST", "/members/register", who, expect=201)
        price = plan["prices"][0]
        order = {
            "plan_id": plan["id"],
            "price_id": price["id"],
            "price": price["price"],
            "agreement": AGREEMENT | agreement,
        }
        if price.get("joining_fee"):
            order["joining_fee"] = price["joining_fee"]
        made = await self.call("POST", f"/members/{member['id']}/memberships", order, expect=201)
        return str(made["id"])

    async def membership(self, of: str) -> Json:
        """As the desk sees it."""
        return await self.call("GET", f"/memberships/{of}", expect=200)

    async def money(self, of: str) -> Json:
        """What is owed and was paid for it."""
        return await self.call("GET", f"/payments/memberships/{of}", expect=200)

    async def claims(self, of: str) -> list[Json]:
        """What was asked for so far, in the order of the periods."""
        found = await self.rows("SELECT 1 FROM billing.dues WHERE membership_id = :id", id=UUID(of))
        return list((await self.money(of))["claims"]) if found else []

    async def state(self, of: str) -> MembershipState | None:
        """What membership said of it last."""
        rows = await self.rows(
            "SELECT type, CAST(data AS text) AS data FROM bus.event"
            " WHERE aggregate_id = :id AND type LIKE 'membership.membership.%'"
            " ORDER BY aggregate_version DESC LIMIT 1",
            id=UUID(of),
        )
        for row in rows:
            said = decode_payload(row["type"], row["data"].encode())
            assert isinstance(said, MembershipEvent)
            return said.membership
        return None

    async def door(self, of: str) -> str | None:
        """Why the door stays closed now; None when it opens."""
        return refusal(await self.state(of), self.clock.now())

    async def broken(self) -> list[str]:
        """The promises of the platform and of every context that do not hold."""
        broken = []
        for name, sql in promises(self.runtime.contexts).items():
            (row,) = await self.rows(sql)
            broken += [name] if any(row.values()) else []
        return broken

    async def numbers(self) -> Mapping[str, int]:
        """How many documents of each kind there are."""
        rows = await self.rows("SELECT kind, count(*) AS n FROM billing.document GROUP BY kind")
        return {row["kind"]: row["n"] for row in rows}


def refusal(state: MembershipState | None, now: datetime) -> str | None:
    """What the record that the door is given comes to at that moment."""
    grant = None if state is None else compile_grant(state, now)
    if grant is None:
        return "NO_ENTITLEMENT"
    at = milliseconds(now)
    if at < grant.start:
        return "MEMBERSHIP_NOT_STARTED"
    if at >= grant.hard_until:
        return grant.end_code
    return next((stop.code for stop in grant.stops if stop.at(at)), None)


@asynccontextmanager
async def open_studio(
    new_runtime: NewRuntime, database: TestDatabase, clock: ManualClock
) -> AsyncIterator[Studio]:
    """A studio with its own database, open for the block."""
    organisation = new_id()
    sells = LegalEntity(
        legal_entity_id=MONTHLY.legal_entity_id,
        organisation_id=organisation,
        country="AT",
        currency="EUR",
        zone=MONTHLY.zone,
    )
    runtime = await new_runtime(
        [
            billing,
            membership,
            sandbox,
            callers_context(desk=staff_of(organisation)),
            Context(name="venues", apis=[Implementation(VenuesApi, lambda _: KnownSellers(sells))]),
        ]
    )
    async with runtime.begin(SERVICE) as uow:
        uow.add(seller(organisation))
        uow.add(taxed_at(organisation, "20"))
    server = HttpServer(create_app(runtime, dict), host="127.0.0.1", port=0)
    runtime.url = server.bind()
    await server.start()
    jobs = [job for each in (billing, membership) for job in each.jobs.all.values()]
    runtime.jobs.worker(jobs, concurrency=1)
    await runtime.jobs._app.open_async()
    http = Transport(timeout=30, direct=True)
    client = stripe.StripeClient(
        API_KEY, base_addresses={"api": runtime.url + MOUNT}, http_client=http
    )
    subscribers = [
        LocalSubscriber(runtime, Delivery(each.name, each.subscriptions))
        for each in (billing, membership)
    ]
    for each in subscribers:
        # The first step of a new subscriber only sets up its place in the log.
        await each.step()
    async with httpx.AsyncClient(
        base_url=runtime.url,
        trust_env=False,
        timeout=30,
        # Between two requests more time may pass than a server keeps a connection open.
        limits=httpx.Limits(max_keepalive_connections=0),
    ) as browser:
        delivery = WebhookDelivery(runtime)
        yield Studio(
            runtime,
            clock,
            None,  # type: ignore[arg-type] # no stand-in: the real contexts answer
            browser,
            client,
            organisation,
            delivery,
            subscribers=subscribers,
            timers=TimerRunner(runtime, [billing.timers, membership.timers]),
        )
        await delivery.close()
    await http.close_async()
    await ProviderConnection(runtime).stop()
    await server.stop()
