"""Staff on a runtime of its own, with identity and venues stood in for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from fixtures.callers import ADMIN, callers_context, http_client, in_role
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.staff.context import context as staff
from gymhopper.contracts.venues.api import LegalEntity, Location, Organisation, VenuesApi
from gymhopper.kernel.ids import new_id


@dataclass
class Gym:
    """An organisation with two legal entities, the first of which has two locations."""

    kind: str = "brand"
    id: UUID = field(default_factory=new_id)
    entity: UUID = field(default_factory=new_id)
    other_entity: UUID = field(default_factory=new_id)
    here: UUID = field(default_factory=new_id)
    there: UUID = field(default_factory=new_id)


class KnownPlaces:
    """Keeps the part of `VenuesApi` that staff asks."""

    def __init__(self, *gyms: Gym) -> None:
        self._gyms = {each.id: each for each in gyms}

    async def organisation(self, *, organisation_id: UUID) -> Organisation | None:
        gym = self._gyms.get(organisation_id)
        return gym and Organisation(organisation_id=gym.id, name="A gym", kind=gym.kind)

    async def legal_entity(self, *, legal_entity_id: UUID) -> LegalEntity | None:
        for gym in self._gyms.values():
            if legal_entity_id in {gym.entity, gym.other_entity}:
                return LegalEntity(
                    legal_entity_id=legal_entity_id,
                    organisation_id=gym.id,
                    country="AT",
                    currency="EUR",
                    zone="Europe/Vienna",
                )
        return None

    async def location(self, *, location_id: UUID) -> Location | None:
        for gym in self._gyms.values():
            if location_id in {gym.here, gym.there}:
                return Location(
                    location_id=location_id,
                    organisation_id=gym.id,
                    legal_entity_id=gym.entity,
                    country="AT",
                    city="Wien",
                )
        return None


@dataclass
class Office:
    """A runtime with a north and a south gym and an operator, called over HTTP."""

    runtime: Runtime
    http: httpx.AsyncClient
    north: Gym
    south: Gym
    operator: Gym

    async def call(
        self, method: str, path: str, body: object = None, *, by: str = "owner", expect: int = 200
    ) -> Any:
        answer = await self.http.request(
            method, f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {by}"}
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def post(self, path: str, body: object, *, by: str = "owner", expect: int = 201) -> Any:
        return await self.call("POST", path, body, by=by, expect=expect)

    async def get(self, path: str, *, by: str = "owner", expect: int = 200) -> Any:
        return await self.call("GET", path, by=by, expect=expect)

    async def employee(self, *, by: str = "owner", **changes: object) -> Any:
        body = {"first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com"}
        return await self.post("/staff/employees", body | changes, by=by)

    async def grant(
        self, employee: Any, role: str, *, by: str = "owner", expect: int = 201, **more: object
    ) -> Any:
        path = f"/staff/employees/{employee['id']}/assignments"
        body = {"role": role} | {name: str(value) for name, value in more.items()}
        return await self.post(path, body, by=by, expect=expect)

    async def end(
        self, assignment: Any, *, by: str = "owner", expect: int = 200, at: str | None = None
    ) -> Any:
        path = f"/staff/assignments/{assignment['id']}/end"
        return await self.post(path, {"at": at}, by=by, expect=expect)

    async def told(self) -> list[Envelope]:
        """What staff published, in order."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
            last = await event_log.last_seq(connection)
            return await event_log.read(connection, after=0, last=last, limit=1000)


@pytest.fixture
async def office(new_runtime: NewRuntime) -> AsyncIterator[Office]:
    north, south, operator = Gym(), Gym(), Gym("operator")
    here = {"legal_entity_id": north.entity, "location_id": north.here}
    callers = callers_context(
        owner=in_role("owner", north.id),
        manager=in_role("manager", north.id),
        manager_here=in_role("manager", north.id, **here),
        manager_entity=in_role("manager", north.id, legal_entity_id=north.entity),
        front_desk=in_role("front_desk", north.id),
        support=in_role("support", north.id),
        south=in_role("owner", south.id),
        operator=in_role("owner", operator.id),
    )
    places = KnownPlaces(north, south, operator)
    venues = Context(name="venues", apis=[Implementation(VenuesApi, lambda _: places)])
    runtime = await new_runtime([callers, venues, staff])
    async with http_client(runtime) as http:
        yield Office(runtime, http, north, south, operator)


__all__ = ["ADMIN", "Gym", "Office"]
