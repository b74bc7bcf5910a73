"""A membership context on a real database, with venues and identity stood in for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contexts.membership.samples import AGREEMENT
from fixtures.callers import ADMIN, callers_context, http_client, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.timers import TimerRunner
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.transports.local import LocalSubscriber
from gymhopper.contexts.membership.context import context
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.billing.api import PlanChangeQuote, PlanChangesApi, QuoteRefusal
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionChanged,
)
from gymhopper.contracts.event import Event
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.plan_changes import PlanTerms
from gymhopper.contracts.venues.api import LegalEntity, Location, Organisation, VenuesApi
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

MEMBER_SCOPES = ("members:read", "memberships:read", "purchases:write", "cancellations:write")
WIEN, GRAZ = UUID(int=1), UUID(int=2)
"""Two locations, each in the city of its name."""


class KnownSellers:
    """Keeps the part of `VenuesApi` that membership asks, with a fixed table of legal entities."""

    def __init__(self, *sellers: LegalEntity) -> None:
        self._sellers = {each.legal_entity_id: each for each in sellers}

    async def legal_entity(self, *, legal_entity_id: UUID) -> LegalEntity | None:
        return self._sellers.get(legal_entity_id)

    async def location(self, *, location_id: UUID) -> Location | None:
        seller = next(iter(self._sellers.values()))
        cities = {WIEN: "Wien", GRAZ: "Graz"}
        if location_id not in cities:
            return None
        return Location(
            location_id=location_id,
            organisation_id=seller.organisation_id,
            legal_entity_id=seller.legal_entity_id,
            country="AT",
            city=cities[location_id],
        )

    async def organisation(self, *, organisation_id: UUID) -> Organisation | None:
        if organisation_id not in {each.organisation_id for each in self._sellers.values()}:
            return None
        return Organisation(organisation_id=organisation_id, name="Gym", kind="brand")


@dataclass
class Quotes:
    """Stands for whoever collects: a change costs the same at every moment."""

    charged: int = 1000
    refusal: QuoteRefusal | None = None

    async def quote(
        self,
        *,
        membership_id: UUID,  # noqa: ARG002  # everybody pays the same
        terms: PlanTerms,
        at: datetime,
        at_once: bool,
    ) -> PlanChangeQuote:
        return PlanChangeQuote(
            charged=Money(self.charged if at_once else 0, terms.price.currency),
            each_period=terms.price,
            priced_at=at,
            refusal=self.refusal,
        )


@dataclass
class Reporter:
    """Stands for an aggregate of billing's, whose events arrive in the order of its versions."""

    id: UUID = field(default_factory=new_id)
    version: int = 0


class Gym:
    """One organisation's view of the membership context, over HTTP and through events."""

    def __init__(self, runtime: Runtime, clock: ManualClock, seller: LegalEntity, token: str):
        self.runtime = runtime
        self.clock = clock
        self.seller = seller
        self.http: httpx.AsyncClient = http_client(runtime, token=token)
        self.subscription = Reporter()
        self._subscriber = LocalSubscriber(runtime, Delivery("membership", context.subscriptions))
        self._timers = TimerRunner(runtime, [context.timers])

    @property
    def organisation_id(self) -> UUID:
        return self.seller.organisation_id

    async def post(self, path: str, body: object = None, *, expect: int = 201) -> Any:
        answer = await self.http.post(f"/api/v1{path}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        answer = await self.http.get(f"/api/v1{path}", params=query)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def delete(self, path: str, *, expect: int = 200) -> Any:
        answer = await self.http.delete(f"/api/v1{path}")
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def plan(self, **changes: Any) -> Any:
        return await self.post(
            "/plans",
            {
                "legal_entity_id": str(self.seller.legal_entity_id),
                "name": "Everywhere",
                "coverage": {"include": [{}], "quotas": [{"visits": 1, "per": "day"}]},
                "prices": [{"price": {"amount": 4900, "currency": "EUR"}}],
            }
            | changes,
        )

    async def member(self, **changes: Any) -> Any:
        return await self.post(
            "/members/register",
            {"first_name": "Ada", "last_name": "Byron", "agreement": AGREEMENT} | changes,
        )

    def order(self, plan: Any, **changes: Any) -> dict[str, Any]:
        price = plan["prices"][0]
        return {
            "plan_id": plan["id"],
            "price_id": price["id"],
            "price": price["price"],
            "agreement": AGREEMENT,
        } | changes

    async def pending(self, **plan: Any) -> Any:
        member = await self.member()
        order = self.order(await self.plan(**plan))
        return await self.post(f"/members/{member['id']}/memberships", order)

    async def active(self, **plan: Any) -> Any:
        bought = await self.pending(**plan)
        await self.paid(bought["id"])
        return await self.get(f"/memberships/{bought['id']}")

    def through(self, person_id: str) -> httpx.AsyncClient:
        """How a person who signed in reaches the platform."""
        known: Any = self.runtime.api(IdentityApi)
        known._tokens[person_id] = Caller(
            kind="member",
            id=new_id(),
            organisation_id=None,
            person_id=UUID(person_id),
            within=(self.organisation_id,),
            scopes=MEMBER_SCOPES,
        )
        return http_client(self.runtime, token=person_id)

    async def paid(self, membership_id: str, *, start: datetime | None = None, days: int = 31):
        start = start or self.clock.now()
        await self.deliver(
            PaymentSucceeded(
                membership_id=UUID(membership_id),
                claim_id=new_id(),
                amount=Money(4900, "EUR"),
                start=start,
                until=start + timedelta(days=days),
                paid_at=self.clock.now(),
            )
        )

    async def owed(self, membership_id: str, since: datetime | None) -> None:
        owed = Money(0 if since is None else 4900, "EUR")
        changed = DebtChanged(membership_id=UUID(membership_id), owed=owed, overdue_since=since)
        await self.deliver(changed)

    async def collection(
        self, membership_id: str, ends_at: datetime | None, *, ended: bool = False
    ) -> None:
        changed = SubscriptionChanged(
            membership_id=UUID(membership_id), ends_at=ends_at, ended=ended
        )
        await self.deliver(changed)

    async def refunded(self, membership_id: str, access: Any) -> None:
        await self.deliver(
            PaymentRefunded(
                membership_id=UUID(membership_id),
                claim_id=new_id(),
                refund_id=new_id(),
                amount=Money(4900, "EUR"),
                access=access,
            )
        )

    async def visited(self, person_id: UUID, home: UUID | None = None) -> None:
        """Somebody of another gym, known to membership or not, was let in here."""
        now = self.clock.now()
        await self.deliver(
            VisitRecorded(
                visit_id=new_id(),
                person_id=person_id,
                membership_id=new_id(),
                host_organisation_id=self.organisation_id,
                home_organisation_id=home or new_id(),
                location_id=new_id(),
                door_id=new_id(),
                at=now,
                entry=1,
            )
        )

    async def deliver(self, *reports: Event, of: Reporter | None = None) -> None:
        """Let others' events, of billing's subscription unless told otherwise, travel through the
        real log to the real subscribers."""
        async with self.runtime.begin(SERVICE) as uow:
            for each in reports:
                about = of or self.subscription
                uow.record(about, each, organisation_id=self.organisation_id)
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
        # The first step of a new subscriber only sets up its place in the log.
        for _ in range(2):
            await self._subscriber.step()

    async def pass_time(self, by: timedelta) -> None:
        """Move the clock and ring what is due."""
        self.clock.advance(by)
        await self._timers.run_due()

    async def told(self, aggregate_id: str | None = None) -> list[Envelope]:
        """What membership published, of one aggregate or in all, in order."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            await event_log.number(connection)
            last = await event_log.last_seq(connection)
            found = await event_log.read(connection, after=0, last=last, limit=10_000)
        return [
            each
            for each in found
            if each.type.startswith("membership.")
            and aggregate_id in (None, str(each.aggregate_id))
        ]

    async def told_types(self, aggregate_id: str) -> list[str]:
        return [each.type.split(".")[2] for each in await self.told(aggregate_id)]


def seller(zone: str = "Europe/Vienna") -> LegalEntity:
    return LegalEntity(
        legal_entity_id=new_id(),
        organisation_id=new_id(),
        country="AT",
        currency="EUR",
        zone=zone,
    )


@dataclass
class Town:
    """Two gyms that must not see each other, and the platform's administrator."""

    ours: Gym
    theirs: Gym
    admin: Gym


@pytest.fixture
async def town(new_runtime: NewRuntime, clock: ManualClock) -> AsyncIterator[Town]:
    ours, theirs = seller(), seller("America/New_York")
    runtime = await new_runtime(
        [
            callers_context(
                ours=staff_of(ours.organisation_id),
                theirs=staff_of(theirs.organisation_id),
                visitor=staff_of(ours.organisation_id, "nothing:read"),
            ),
            Context(
                name="venues",
                apis=[Implementation(VenuesApi, lambda _: KnownSellers(ours, theirs))],
            ),
            Context(name="billing", apis=[Implementation(PlanChangesApi, lambda _: Quotes())]),
            context,
        ]
    )
    town = Town(
        ours=Gym(runtime, clock, ours, "ours"),
        theirs=Gym(runtime, clock, theirs, "theirs"),
        admin=Gym(runtime, clock, ours, ADMIN),
    )
    yield town
    for gym in (town.ours, town.theirs, town.admin):
        await gym.http.aclose()


@pytest.fixture
def gym(town: Town) -> Gym:
    return town.ours
