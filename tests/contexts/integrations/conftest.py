"""Integrations on a runtime of its own, two gyms that use it, and a receiver."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from contexts.integrations.receiver import Receiver, receiving
from fixtures.access_world import Happening
from fixtures.callers import callers_context, http_client, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.contexts.integrations.context import context as integrations
from gymhopper.contexts.integrations.gateways.resolver import SystemResolver
from gymhopper.contexts.integrations.gateways.sender import WebhookSender
from gymhopper.contexts.integrations.gateways.senders import use_sender, webhook_sender
from gymhopper.contexts.integrations.usecases.deliver_webhooks import Dispatcher
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.events import MemberRegistered
from gymhopper.contracts.venues.api import Organisation, VenuesApi
from gymhopper.kernel.ids import new_id

REGISTERED = MemberRegistered.type


class Known:
    """Keeps the part of `VenuesApi` that integrations asks."""

    def __init__(self, *known: UUID) -> None:
        self._known = known

    async def organisation(self, *, organisation_id: UUID) -> Organisation | None:
        if organisation_id not in self._known:
            return None
        return Organisation(organisation_id=organisation_id, name="A gym", kind="brand")


@dataclass
class Gym:
    """One organisation's view of the platform."""

    runtime: Runtime
    organisation_id: UUID
    client: httpx.AsyncClient

    async def send(self, method: str, path: str, body: object = None, *, expect: int = 200) -> Any:
        """The answer to a request, which must have this status."""
        answer = await self.client.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    async def endpoint(self, url: str, *types: str) -> dict[str, Any]:
        """Make an endpoint for these types, or for all."""
        body = {"url": url, "event_types": list(types) or ["*"]}
        made: dict[str, Any] = await self.send("POST", "/webhook-endpoints", body, expect=201)
        return made

    async def change(self, endpoint: dict[str, Any], **change: object) -> dict[str, Any]:
        changed: dict[str, Any] = await self.send(
            "PATCH", f"/webhook-endpoints/{endpoint['id']}", change
        )
        return changed

    async def show(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = await self.send("GET", f"/webhook-endpoints/{endpoint['id']}")
        return shown

    async def health(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self.send(
            "GET", f"/webhook-endpoints/{endpoint['id']}/health"
        )
        return found

    async def log(self, endpoint: dict[str, Any], **query: str) -> list[dict[str, Any]]:
        """The endpoint's deliveries, newest first, without those about endpoints."""
        path = f"/webhook-endpoints/{endpoint['id']}/deliveries"
        found = await self.client.get(f"/api/v1{path}", params=query)
        assert found.status_code == 200, found.text
        return [each for each in found.json()["items"] if "endpoint" not in each["type"]]

    async def say(self, event: Event) -> None:
        """Something happens at this organisation."""
        async with self.runtime.begin(SERVICE) as uow:
            uow.record(Happening(new_id()), event, organisation_id=self.organisation_id)

    async def register(self) -> UUID:
        """Somebody becomes a member."""
        member_id = new_id()
        await self.say(
            MemberRegistered(
                member_id=member_id, person_id=new_id(), organisation_id=self.organisation_id
            )
        )
        return member_id


@dataclass
class Town:
    """Two gyms on one platform."""

    runtime: Runtime
    ours: Gym
    theirs: Gym
    admin: httpx.AsyncClient

    async def queue(self) -> None:
        """Hand over what was recorded."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
        subscriber = LocalSubscriber(
            self.runtime, Delivery("integrations", integrations.subscriptions)
        )
        while await subscriber.step():
            pass

    async def deliver(self) -> None:
        """Hand over what was recorded, and send all that is due."""
        await self.queue()
        await self.send_due()

    async def send_due(self) -> None:
        await Dispatcher(self.runtime, webhook_sender(self.runtime)).run_due()


@pytest.fixture
async def town(new_runtime: NewRuntime) -> AsyncIterator[Town]:
    north, south = new_id(), new_id()
    venues = Known(north, south)
    runtime = await new_runtime(
        [
            callers_context(north=staff_of(north), south=staff_of(south)),
            Context(name="venues", apis=[Implementation(VenuesApi, lambda _: venues)]),
            integrations,
        ]
    )
    use_sender(runtime, WebhookSender(SystemResolver(), allow_private=True))
    async with (
        http_client(runtime, token="north") as ours,
        http_client(runtime, token="south") as theirs,
        http_client(runtime, token="admin") as admin,
    ):
        yield Town(runtime, Gym(runtime, north, ours), Gym(runtime, south, theirs), admin)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found
