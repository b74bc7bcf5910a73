"""Two organisations with staff, plans and members, all of whose deeds are kept."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psycopg
import pytest

from contexts.membership.samples import AGREEMENT
from fixtures.callers import callers_context, http_client, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.audit.entry import Entry
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.audit.context import context as audit
from gymhopper.contexts.audit.queries import entries as queries
from gymhopper.contexts.membership.context import context as membership
from gymhopper.contexts.venues.context import context as venues
from gymhopper.contexts.venues.usecases.create_legal_entity import (
    CreateLegalEntity,
    create_legal_entity,
)
from gymhopper.contexts.venues.usecases.create_organisation import (
    CreateOrganisation,
    create_organisation,
)
from gymhopper.contracts.identity.api import Caller
from gymhopper.kernel.ids import new_id


@dataclass
class House:
    """A runtime with two organisations, and a client that calls as whoever a call says."""

    runtime: Runtime
    database: TestDatabase
    client: httpx.AsyncClient
    north: UUID
    south: UUID
    seller: UUID
    callers: dict[str, Caller]
    ada: Any = None
    grace: Any = None
    everywhere: Any = None

    async def call(
        self, method: str, path: str, *, by: str, expect: int = 200, **options: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {by}"} | options.pop("headers", {})
        answer = await self.client.request(method, f"/api/v1{path}", headers=headers, **options)
        assert answer.status_code == expect, answer.text
        kind = answer.headers["content-type"]
        return answer.json() if kind.endswith("json") else answer.text

    async def member(self, *, by: str = "north", **profile: str) -> Any:
        return await self.call(
            "POST",
            "/members/register",
            by=by,
            expect=201,
            json={"first_name": "Ada", "last_name": "Byron", "agreement": AGREEMENT} | profile,
        )

    async def plan(self, name: str = "Everywhere") -> Any:
        return await self.call(
            "POST",
            "/plans",
            by="north",
            expect=201,
            json={
                "legal_entity_id": str(self.seller),
                "name": name,
                "coverage": {"include": [{}]},
                "prices": [{"price": {"amount": 4900, "currency": "EUR"}}],
            },
        )

    async def entries(self, subject: AuthSubject = SERVICE, **wanted: Any) -> Sequence[Entry]:
        """What the subject sees of the log, the oldest first."""
        async with self.runtime.read(subject) as connection:
            found = await queries.entries(connection, queries.Filter(**wanted), limit=10_000)
        return found[::-1]

    def forge(self, *statements: str) -> None:
        """Do as somebody could who owns the database, triggers or not."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for each in statements:
                connection.execute(each.encode())

    def as_owner(self, statement: str) -> None:
        """Do as the role that owns the tables may."""
        with psycopg.connect(self.database.owner_url, autocommit=True) as connection:
            connection.execute(statement.encode())


async def _organisation(runtime: Runtime, name: str) -> tuple[UUID, UUID]:
    async with runtime.begin(SERVICE) as uow:
        organisation = await create_organisation(uow, CreateOrganisation(kind="brand", name=name))
        entity = await create_legal_entity(
            uow,
            CreateLegalEntity(
                organisation_id=organisation.id,
                name=f"{name} GmbH",
                country="DE",
                currency="EUR",
                zone="Europe/Berlin",
            ),
        )
    return organisation.id, entity.id


@pytest.fixture
async def house(new_runtime: NewRuntime, database: TestDatabase) -> AsyncIterator[House]:
    empty = await new_runtime([venues])
    north, seller = await _organisation(empty, "North")
    south, _ = await _organisation(empty, "South")
    manager = msgspec.structs.replace(
        staff_of(north), role="manager", session_id=new_id(), assignment_id=new_id()
    )
    callers = {
        "north": manager,
        "south": staff_of(south),
        "auditor": staff_of(north, "audit:read"),
        "local": msgspec.structs.replace(staff_of(north), location_id=new_id()),
        "reader": staff_of(north, "plans:write"),
    }
    runtime = await new_runtime([callers_context(**callers), venues, membership, audit])
    async with http_client(runtime) as client:
        yield House(runtime, database, client, north, south, seller, callers)


def acting(caller: Caller, **changes: Any) -> AuthSubject:
    """The subject that a caller becomes."""
    return replace(
        AuthSubject(
            kind="staff",
            id=caller.id,
            organisation_id=caller.organisation_id,
            scopes=frozenset(caller.scopes),
        ),
        **changes,
    )
