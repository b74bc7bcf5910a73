"""Venues with two organisations, each with a legal entity and somebody who acts for it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from fixtures.callers import callers_context, http_client, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events.envelope import decode_payload
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.venues.context import context as venues
from gymhopper.contexts.venues.usecases.create_legal_entity import (
    CreateLegalEntity,
    create_legal_entity,
)
from gymhopper.contexts.venues.usecases.create_organisation import (
    CreateOrganisation,
    create_organisation,
)
from gymhopper.contracts.event import Event


@dataclass(frozen=True)
class Tenant:
    """An organisation, its legal entity, and the token of its staff."""

    token: str
    organisation_id: UUID
    legal_entity_id: UUID


@dataclass(frozen=True)
class Network:
    """A runtime with two tenants, and a client that calls as whoever a call says."""

    runtime: Runtime
    client: httpx.AsyncClient
    north: Tenant
    south: Tenant

    async def call(
        self, method: str, path: str, *, by: str | Tenant | None = None, **options: Any
    ) -> httpx.Response:
        """Send a request; anonymous, with a token, or as a tenant's staff."""
        token = by.token if isinstance(by, Tenant) else by
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.client.request(
            method, f"/api/v1{path}", headers=headers | options.pop("headers", {}), **options
        )

    def location(self, tenant: Tenant, **changes: object) -> dict[str, object]:
        """A body that opens a location."""
        return {
            "legal_entity_id": str(tenant.legal_entity_id),
            "name": "Mitte",
            "zone": "Europe/Berlin",
            "country": "DE",
            "city": "Berlin",
            "tier": 2,
            "latitude": 52.52,
            "longitude": 13.4,
            **changes,
        }

    async def open(self, tenant: Tenant, **changes: object) -> dict[str, Any]:
        """Open a location as the tenant."""
        body = self.location(tenant, **changes)
        return await self.made("/locations", by=tenant, json=body)

    async def made(self, path: str, *, by: str | Tenant, json: object) -> dict[str, Any]:
        """POST what must be created."""
        response = await self.call("POST", path, by=by, json=json)
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def events(self, *kinds: type[Event]) -> list[Any]:
        """Everything of these kinds that was recorded, in order."""
        query = text(
            "SELECT type, CAST(data AS text) AS data FROM bus.event"
            " WHERE type = ANY(:types) ORDER BY position"
        )
        async with self.runtime.read(SERVICE) as connection:
            rows = await connection.execute(query, {"types": [kind.type for kind in kinds]})
            return [decode_payload(row.type, row.data.encode()) for row in rows]


async def _tenant(runtime: Runtime, token: str) -> Tenant:
    async with runtime.begin(SERVICE) as uow:
        organisation = await create_organisation(
            uow, CreateOrganisation(kind="brand", name=token.title())
        )
        entity = await create_legal_entity(
            uow,
            CreateLegalEntity(
                organisation_id=organisation.id,
                name=f"{token.title()} GmbH",
                country="DE",
                currency="EUR",
                zone="Europe/Berlin",
            ),
        )
    return Tenant(token, organisation.id, entity.id)


@pytest.fixture
async def network(new_runtime: NewRuntime) -> AsyncIterator[Network]:
    empty = await new_runtime([venues])
    north, south = await _tenant(empty, "north"), await _tenant(empty, "south")
    callers = callers_context(
        north=staff_of(north.organisation_id),
        south=staff_of(south.organisation_id),
        reader=staff_of(north.organisation_id, "venues:read"),
    )
    runtime = await new_runtime([callers, venues])
    async with http_client(runtime) as client:
        yield Network(runtime, client, north, south)
