"""A scheduling context on a real database, with identity, venues, staff and membership stood in
for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from contexts.scheduling.studio import KnownPeople
from fixtures.callers import ADMIN, callers_context, http_client, in_role, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.timers import TimerRunner
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.contexts.identity.domain.roles import MEMBER
from gymhopper.contexts.scheduling.context import context
from gymhopper.contracts.event import Event
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.people.api import PeopleApi
from gymhopper.contracts.staff.api import Employee, StaffApi
from gymhopper.contracts.venues.api import Organisation, VenuesApi
from gymhopper.contracts.venues.events import DayHours, LocationChanged, LocationState
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

VIENNA, NEW_YORK = (48.2082, 16.3738), (40.7128, -74.006)


class KnownOrganisations:
    """Keeps the part of `VenuesApi` that scheduling asks."""

    async def organisation(self, *, organisation_id: UUID) -> Organisation | None:
        return Organisation(organisation_id=organisation_id, name="Gym", kind="brand")


class KnownEmployees:
    """Keeps `StaffApi` with a fixed table."""

    def __init__(self, employees: dict[UUID, UUID]) -> None:
        self._employees = employees

    async def employee(self, *, employee_id: UUID) -> Employee | None:
        of = self._employees.get(employee_id)
        return of and Employee(employee_id=employee_id, organisation_id=of, email=None, held=())


@dataclass
class Reporter:
    """Stands for an aggregate of another context, whose events arrive in order."""

    id: UUID
    version: int = 0


class Gym:
    """One organisation's view of the timetable, over HTTP and through events."""

    def __init__(self, runtime: Runtime, clock: ManualClock, organisation_id: UUID, token: str):
        self.runtime = runtime
        self.clock = clock
        self.organisation_id = organisation_id
        self.http: httpx.AsyncClient = http_client(runtime, token=token)
        self.locations: dict[UUID, Reporter] = {}
        self._subscriber = LocalSubscriber(runtime, Delivery("scheduling", context.subscriptions))
        self._timers = TimerRunner(runtime, [context.timers])

    async def call(
        self, method: str, path: str, body: object = None, *, expect: int, **headers: str
    ) -> Any:
        answer = await self.http.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def post(self, path: str, body: object = None, *, expect: int = 201, **h: str) -> Any:
        return await self.call("POST", path, body, expect=expect, **h)

    async def put(self, path: str, body: object = None, *, expect: int = 200, **h: str) -> Any:
        return await self.call("PUT", path, body, expect=expect, **h)

    async def patch(self, path: str, body: object = None, *, expect: int = 200, **h: str) -> Any:
        return await self.call("PATCH", path, body, expect=expect, **h)

    async def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        answer = await self.http.get(f"/api/v1{path}", params=query)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def in_role(self, name: str, **place: UUID) -> httpx.AsyncClient:
        """Somebody else of the organisation, at a place of it or everywhere."""
        return self._known(str(new_id()), in_role(name, self.organisation_id, **place))

    def member(self) -> httpx.AsyncClient:
        """A member of the gym who signed in."""
        person_id = new_id()
        caller = Caller(
            kind="member",
            id=new_id(),
            organisation_id=None,
            person_id=person_id,
            within=(self.organisation_id,),
            scopes=tuple(MEMBER.scopes),
        )
        return self._known(str(person_id), caller)

    def _known(self, token: str, caller: Caller) -> httpx.AsyncClient:
        known: Any = self.runtime.api(IdentityApi)
        known._tokens[token] = caller
        return http_client(self.runtime, token=token)

    def state(self, location_id: UUID, **changes: Any) -> LocationState:
        """A location in Vienna, with changes."""
        usual = {
            "location_id": location_id,
            "organisation_id": self.organisation_id,
            "legal_entity_id": UUID(int=7),
            "name": "Mitte",
            "zone": "Europe/Vienna",
            "country": "AT",
            "city": "Wien",
            "tier": 1,
            "latitude": VIENNA[0],
            "longitude": VIENNA[1],
        }
        return LocationState(**usual | changes)

    async def location(self, location_id: UUID | None = None, **changes: Any) -> str:
        """A location opened, or one that is known changed."""
        key = location_id or new_id()
        reporter = self.locations.setdefault(key, Reporter(key))
        await self.deliver(reporter, LocationChanged(location=self.state(key, **changes)))
        return str(key)

    async def closed_on(self, location_id: str, *days: str) -> None:
        """The location is closed on these days."""
        dates = tuple(DayHours(date=each) for each in days)
        await self.location(UUID(location_id), exceptions=dates)

    async def class_type(self, **changes: Any) -> Any:
        return await self.post("/class-types", {"name": "Cycling", "minutes": 60} | changes)

    async def room(self, location_id: str, **changes: Any) -> Any:
        return await self.post("/rooms", {"location_id": location_id, "name": "Hall"} | changes)

    async def instructor(self, name: str = "Grace") -> str:
        made = await self.post("/instructors", {"name": name})
        found: str = made["id"]
        return found

    async def deliver(self, reporter: Reporter, *reports: Event) -> None:
        """Let events travel through the real log to the real subscribers."""
        async with self.runtime.begin(SERVICE) as uow:
            for each in reports:
                uow.record(reporter, each, organisation_id=self.organisation_id)
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
        # The first step of a new subscriber only sets up its place in the log.
        for _ in range(2):
            await self._subscriber.step()

    async def pass_time(self, by: timedelta) -> None:
        """Move the clock, ring what is due, and do what follows."""
        self.clock.advance(by)
        await self._timers.run_due()
        await self.work()

    async def work(self) -> None:
        """Do what was put off until after a commit, until nothing is left."""
        while done := await self.sql(
            "DELETE FROM jobs.procrastinate_jobs RETURNING id, task_name, args"
        ):
            for each in sorted(done):
                arguments = {k: v for k, v in each.args.items() if k != "correlation"}
                await context.jobs.all[each.task_name].handler(self.runtime, **arguments)

    async def told(self, aggregate_id: str | None = None) -> list[Envelope]:
        """What scheduling published, of one aggregate or in all, in order."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
            last = await event_log.last_seq(connection)
            found = await event_log.read(connection, after=0, last=last, limit=100_000)
        return [
            each
            for each in found
            if each.type.startswith("scheduling.")
            and aggregate_id in (None, str(each.aggregate_id))
        ]

    async def told_types(self, aggregate_id: str | None = None) -> list[str]:
        found = await self.told(aggregate_id)
        return [each.type.removeprefix("scheduling.").rpartition(".v")[0] for each in found]

    async def sql(self, statement: str, **values: object) -> Any:
        """What the database holds, past the API."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            found = await connection.execute(text(statement), values)
            return found.all() if found.returns_rows else None

    async def sound(self) -> None:
        """Nothing that must always be true is broken."""
        for promise, query in context.invariants.items():
            [(broken,)] = await self.sql(query)
            assert broken == 0, promise


@dataclass
class Town:
    """Two gyms that write nothing of each other's, and the platform's administrator."""

    ours: Gym
    theirs: Gym
    admin: Gym
    employee_id: UUID
    their_employee_id: UUID
    people: KnownPeople


@asynccontextmanager
async def open_town(new_runtime: NewRuntime, clock: ManualClock) -> AsyncIterator[Town]:
    """It is there as long as the block."""
    ours, theirs = new_id(), new_id()
    employees = {new_id(): ours, new_id(): theirs}
    people = KnownPeople()
    runtime = await new_runtime(
        [
            callers_context(ours=staff_of(ours), theirs=staff_of(theirs)),
            Context(
                name="venues", apis=[Implementation(VenuesApi, lambda _: KnownOrganisations())]
            ),
            Context(
                name="staff", apis=[Implementation(StaffApi, lambda _: KnownEmployees(employees))]
            ),
            Context(
                name="membership",
                apis=[
                    Implementation(MembershipApi, lambda _: people),
                    Implementation(PeopleApi, lambda _: people),
                ],
            ),
            context,
        ]
    )
    own, other = employees
    town = Town(
        ours=Gym(runtime, clock, ours, "ours"),
        theirs=Gym(runtime, clock, theirs, "theirs"),
        admin=Gym(runtime, clock, ours, ADMIN),
        employee_id=own,
        their_employee_id=other,
        people=people,
    )
    yield town
    for gym in (town.ours, town.theirs, town.admin):
        await gym.http.aclose()
