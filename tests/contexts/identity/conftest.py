"""Identity on a runtime of its own, with venues that know two organisations."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from fixtures.callers import http_client
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.contexts.identity.context import context as identity
from gymhopper.contracts.venues.api import Organisation, VenuesApi
from gymhopper.kernel.ids import new_id


class TwoOrganisations:
    """Keeps the part of `VenuesApi` that identity asks."""

    def __init__(self) -> None:
        self.north, self.south = new_id(), new_id()

    async def organisation(self, *, organisation_id: UUID) -> Organisation | None:
        if organisation_id not in {self.north, self.south}:
            return None
        return Organisation(organisation_id=organisation_id, name="A gym", kind="brand")


@dataclass(frozen=True)
class Platform:
    """A runtime, its administrator's client, and the two organisations' ids."""

    runtime: Runtime
    client: httpx.AsyncClient
    north: UUID
    south: UUID

    async def key(self, **body: object) -> dict[str, object]:
        """Make a key as the administrator, for north unless the body says otherwise."""
        given = {"name": "A key", "scopes": ["*"], "organisation_id": str(self.north)} | body
        response = await self.client.post("/api/v1/api-keys", json=given)
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def get_keys(self, token: object, **query: object) -> httpx.Response:
        """List keys as the holder of the token."""
        return await self.client.get("/api/v1/api-keys", headers=bearer(token), params=query)


def bearer(token: object) -> dict[str, str]:
    """The header that carries the token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def platform(new_runtime: NewRuntime) -> AsyncIterator[Platform]:
    venues = TwoOrganisations()
    runtime = await new_runtime(
        [identity, Context(name="venues", apis=[Implementation(VenuesApi, lambda _: venues)])]
    )
    token = await create_administrator(runtime, "Root")
    async with http_client(runtime, token=token) as client:
        yield Platform(runtime, client, venues.north, venues.south)
