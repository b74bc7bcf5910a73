"""From what other contexts say, through the feed and the cell, to a door's answer and back."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fixtures.callers import callers_context, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.delivery import Delivery
from gymhopper.chassis.events.local import LocalSubscriber
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access import jobs, queries
from gymhopper.contexts.access.context import context as access
from gymhopper.contexts.access.gate.sessions import signed_message
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.usecases.drain_journal import JournalDrain
from gymhopper.contexts.access.usecases.feed_cell import CellFeeder
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.api import MemberRef, MembershipApi
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.events import MembershipActivated, MembershipState
from gymhopper.contracts.venues.events import LocationOpened, LocationState
from gymhopper.kernel.ids import new_id


@dataclass
class Happening:
    """Any aggregate of another context."""

    id: UUID
    version: int = 0


class Members:
    def __init__(self, *known: MemberRef) -> None:
        self._known = {each.member_id: each for each in known}

    async def member(self, *, member_id: UUID) -> MemberRef | None:
        return self._known.get(member_id)


class World:
    """One location of one organisation, one member of it, and what makes things move."""

    def __init__(self, runtime: Runtime, cell: ValkeyCell, client: httpx.AsyncClient) -> None:
        self.runtime = runtime
        self.cell = cell
        self.client = client
        self.feeder = CellFeeder(runtime, cell)
        self.drain = JournalDrain(runtime, cell)

    async def settle(self) -> None:
        """Deliver what was recorded, and bring the cell up to date."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
        subscriber = LocalSubscriber(self.runtime, Delivery("access", access.subscriptions))
        while await subscriber.step() or await subscriber.retry_step():
            pass
        await subscriber.step()
        while await self.feeder.step():
            pass
        while await self.drain.step():
            pass


LOCATION = LocationState(
    location_id=new_id(),
    organisation_id=new_id(),
    legal_entity_id=new_id(),
    name="Mitte",
    zone="Europe/Berlin",
    country="DE",
    city="Berlin",
    tier=2,
    latitude=52.52,
    longitude=13.4,
)
MEMBER = MemberRef(member_id=new_id(), person_id=new_id(), organisation_id=LOCATION.organisation_id)


@pytest.fixture
async def world(new_runtime: NewRuntime) -> AsyncIterator[World]:
    members = Members(MEMBER)
    runtime = await new_runtime(
        [
            callers_context(desk=staff_of(MEMBER.organisation_id), other=staff_of(new_id())),
            Context(name="membership", apis=[Implementation(MembershipApi, lambda _: members)]),
            access,
        ]
    )
    cell = jobs.open_cell(runtime)
    await cell.open()
    await cell.call("FLUSHALL")
    assert access.fast_paths is not None
    paths, gate = access.fast_paths(runtime)
    await gate.start()
    app = create_app(runtime, dict, fast_paths=paths)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test/api/v1"
    ) as client:
        yield World(runtime, cell, client)
    await gate.stop()
    await cell.close()


async def say(runtime: Runtime, about: Happening, event: Event) -> None:
    async with runtime.begin(SERVICE) as uow:
        uow.record(about, event, organisation_id=MEMBER.organisation_id)


def state(runtime: Runtime, membership_id: UUID, **values: object) -> MembershipState:
    now = runtime.clock.now()
    return MembershipState(
        **{
            "membership_id": membership_id,
            "member_id": MEMBER.member_id,
            "person_id": MEMBER.person_id,
            "organisation_id": MEMBER.organisation_id,
            "plan_id": new_id(),
            "zone": "Europe/Berlin",
            "coverage": Coverage(include=(Clause(tier_up_to=2),)),
            "contract": "active",
            "start": now - timedelta(days=1),
            "paid_until": now + timedelta(days=30),
            **values,
        }
    )


async def furnished(world: World) -> tuple[str, str, str]:
    """A door with an enrolled device and a pass; returns the session, the door and the pass."""
    await say(world.runtime, Happening(LOCATION.location_id), LocationOpened(location=LOCATION))
    await world.settle()
    desk = {"Authorization": "Bearer desk"}
    location = str(LOCATION.location_id)
    door = await world.client.post(
        "/doors",
        headers=desk,
        json={"location_id": location, "name": "Main", "debounce_seconds": 0},
    )
    assert door.status_code == 201, door.text
    door_id = door.json()["id"]
    device = await world.client.post(
        "/devices",
        headers=desk,
        json={"location_id": location, "name": "Reader", "door_ids": [door_id]},
    )
    assert device.status_code == 201, device.text
    key = Ed25519PrivateKey.generate()
    enrolled = await world.client.post(
        "/devices/enrol",
        json={
            "code": device.json()["enrolment_code"],
            "public_key": b64encode(key.public_key().public_bytes_raw()).decode(),
        },
    )
    assert enrolled.status_code == 200, enrolled.text
    card = await world.client.post(
        "/credentials", headers=desk, json={"member_id": str(MEMBER.member_id), "kind": "pass"}
    )
    assert card.status_code == 201, card.text
    await world.settle()
    device_id = enrolled.json()["id"]
    challenge = await world.client.post("/access/sessions/challenge", json={"device_id": device_id})
    nonce = challenge.json()["nonce"]
    signature = urlsafe_b64encode(key.sign(signed_message(UUID(device_id), nonce))).decode()
    session = await world.client.post(
        "/access/sessions", json={"device_id": device_id, "nonce": nonce, "signature": signature}
    )
    assert session.status_code in {200, 201}, session.text
    return session.json()["token"], door_id, card.json()["value"]


async def scan(world: World, session: str, value: str) -> tuple[str, str]:
    answer = await world.client.post(
        "/access/checkin",
        headers={"Authorization": f"Bearer {session}"},
        json={"request_id": str(new_id()), "credential": {"type": "pass", "value": value}},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["decision"], answer.json()["code"]


async def test_the_door_follows_the_membership_and_the_visit_is_published(world: World) -> None:
    session, _, value = await furnished(world)
    membership = Happening(new_id())

    assert await scan(world, session, value) == ("deny", "NO_ENTITLEMENT")

    active = state(world.runtime, membership.id)
    await say(world.runtime, membership, MembershipActivated(membership=active))
    await world.settle()
    assert await scan(world, session, value) == ("allow", "ALLOWED")

    ended = state(
        world.runtime,
        membership.id,
        contract="ended",
        end=world.runtime.clock.now(),
        end_reason="cancelled",
    )
    await say(world.runtime, membership, MembershipActivated(membership=ended))
    await world.settle()
    assert await scan(world, session, value) == ("deny", "MEMBERSHIP_CANCELLED")

    await world.settle()
    async with world.runtime.read(SERVICE) as connection:
        visits = await queries.list_visits(
            connection, person_id=MEMBER.person_id, location_id=None, before=None, limit=10
        )
        chain = await queries.verify_chain(connection, "main")
    assert [each.membership_id for each in visits] == [membership.id]
    assert chain == queries.ChainReport(entries=3, broken_at=None)
