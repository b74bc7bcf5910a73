"""A platform with two organisations that have one of everything, and people in every role."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from uuid import UUID

import httpx
from sqlalchemy import insert

from authorisation.payers import payers
from authorisation.rollback import with_rollback
from authorisation.samples import another_plan, change_to, dearer, money_of
from authorisation.timetable import bookings, own_calendar, timetable
from contexts.billing.shop import Line
from fixtures.people import MEMBER, NOBODY, Person, person_as
from gymhopper.app.demo import temporary_platform
from gymhopper.app.process import Process
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.lifecycle import Lifecycle
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.usecases.issue_invoice import InvoiceOrder, issue_invoice
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.contexts.identity.domain.passkey import Passkey
from gymhopper.contexts.identity.domain.roles import GRANTED
from gymhopper.contexts.identity.storage.factor_tables import oidc_subject
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period
from gymhopper.sandbox.demo.client import Platform, UnexpectedAnswer, until

Json = Any

AGREEMENT = {"terms": "2026-01", "privacy": "2026-01", "language": "en", "channel": "desk"}
BORN = "2020-01-01"
"""When a child was born."""

PRICE = {"amount": 3900, "currency": "EUR"}
SETTINGS = {
    "GYMHOPPER_INTEGRATIONS_ALLOW_PRIVATE_TARGETS": "true",
    "GYMHOPPER_LIMITS_READ": "0",
    "GYMHOPPER_LIMITS_WRITE": "0",
    "GYMHOPPER_LIMITS_SIGN_IN": "0",
    "GYMHOPPER_LIMITS_BOOKING": "0",
}
"""Webhooks may go to this machine, and everybody may call as often as the tests do."""

SHARED = {"provider": "no-such-provider", "discipline": "climbing"}
"""What both sides say alike. No provider of sign-ins is set up."""


@dataclass
class Side:
    """An organisation: the id of one of each thing, by the name that the API gives such ids."""

    name: str
    ids: dict[str, str] = field(default_factory=lambda: dict(SHARED))

    @property
    def marks(self) -> set[str]:
        """What in an answer would show that it tells of this side."""
        return set(self.ids.values()) - set(SHARED.values()) | {self.name}


class Founding:
    """Makes one of everything for an organisation, through the API, as the administrator."""

    def __init__(self, platform: Platform, name: str) -> None:
        self.platform = platform
        self.side = Side(name)
        self.ids = self.side.ids

    async def found(self) -> Side:
        """All of it; returns when every context has heard of it."""
        await self._organisation()
        await self._location()
        await timetable(self._made, self._tried, self.ids, self.side.name)
        await self._member()
        await bookings(self.platform, self._made, self.ids)
        await self._membership()
        return self.side

    async def _made(self, what: str, path: str, /, **body: Json) -> Json:
        """POST, and keep the id of what was made under its name."""
        made = await self.platform.post(path, body)
        self.ids[what] = made["id"]
        return made

    async def _organisation(self) -> None:
        ids = self.ids
        await self._made("organisation_id", "/organisations", name=self.side.name)
        mine = {"organisation_id": ids["organisation_id"]}
        await self._made(
            *("legal_entity_id", "/legal-entities"),
            **mine | {"name": f"{self.side.name} GmbH", "country": "DE"},
            currency="EUR",
            zone="Europe/Berlin",
        )
        await self._made("calendar_id", "/calendars", **mine, name="Bavaria")
        await self._made(
            *("employee_id", "/staff/employees"),
            **mine | {"first_name": "Grace", "last_name": f"At{self.side.name}"},
            email=f"grace@{self.side.name.lower()}.example",
        )
        await self._made(
            *("employee_invitation_id", "/invitations/employees"), employee_id=ids["employee_id"]
        )
        granted = await self.platform.post(
            f"/staff/employees/{ids['employee_id']}/assignments", {"role": "instructor"}
        )
        ids["assignment_id"] = granted["id"]
        await self._made("key_id", "/api-keys", **mine, name="Turnstiles", scopes=["venues:read"])
        await self._made(
            *("endpoint_id", "/webhook-endpoints"),
            **mine | {"url": "http://127.0.0.1:9/hook", "event_types": ["*"]},
        )

    async def _location(self) -> None:
        ids = self.ids
        await self._made(
            *("location_id", "/locations"),
            organisation_id=ids["organisation_id"],
            legal_entity_id=ids["legal_entity_id"],
            calendar_id=ids["calendar_id"],
            name=f"{self.side.name} Mitte",
            zone="Europe/Berlin",
            country="DE",
            city="Berlin",
            tier=2,
            latitude=52.52,
            longitude=13.4,
        )
        await until(
            lambda: self._tried("area_id", "/areas", location_id=ids["location_id"], name="Floor"),
            bool,
            what="access hears of the location",
        )
        await self._made(
            *("door_id", "/doors"),
            location_id=ids["location_id"],
            area_id=ids["area_id"],
            name="Main entrance",
        )
        await self._made(
            *("device_id", "/devices"),
            location_id=ids["location_id"],
            name="Reader",
            door_ids=[ids["door_id"]],
        )

    async def _tried(self, what: str, path: str, /, **body: Json) -> bool:
        try:
            await self._made(what, path, **body)
        except UnexpectedAnswer as error:
            if "not_found" not in str(error):
                raise
            return False  # the context has not heard of the location yet
        return True

    async def _member(self) -> None:
        ids = self.ids
        plan = await self._made(
            *("plan_id", "/plans"),
            offer={"guests": {"passes": 100}},
            organisation_id=ids["organisation_id"],
            legal_entity_id=ids["legal_entity_id"],
            name=f"{self.side.name} Plus",
            coverage={"include": [{"tier_up_to": 3}]},
            prices=[{"price": PRICE}],
        )
        ids["price_id"] = plan["prices"][0]["id"]
        member = await self._made(
            *("member_id", "/members/register"),
            organisation_id=ids["organisation_id"],
            first_name="Ada",
            last_name=f"Of{self.side.name}",
            email=f"ada@{self.side.name.lower()}.example",
            agreement=AGREEMENT,
        )
        ids["person_id"] = member["person_id"]
        await self._made(
            *("member_invitation_id", "/invitations/members"), member_id=ids["member_id"]
        )
        await self._made(
            *("duplicate_id", "/members/register"),
            organisation_id=ids["organisation_id"],
            first_name="Ada",
            last_name=f"Again{self.side.name}",
            email=f"ada@{self.side.name.lower()}.example",
            agreement=AGREEMENT,
        )
        ids["guardian_id"] = ids["duplicate_id"]
        path = f"/members/{ids['member_id']}"
        child = await self._made(
            *("child_id", f"{path}/dependents"),
            first_name="Tim",
            last_name=f"Of{self.side.name}",
            birth_date=BORN,
            agreement=AGREEMENT,
        )
        ids["guardianship_id"] = child["guardianship_id"]
        await payers(self._made, self.platform, ids)
        waiver = await self._made(
            *("waiver_id", "/waivers"),
            organisation_id=ids["organisation_id"],
            legal_entity_id=ids["legal_entity_id"],
            name=f"{self.side.name}'s rules",
        )
        version = {"texts": {"en": "At my own risk."}, "enforce_from": "2099-01-01"}
        await self.platform.post(f"/waivers/{waiver['id']}/versions", version)
        await self._made("note_id", f"{path}/notes", text=f"Knows {self.side.name}.", pinned=True)
        await self.platform.put(
            f"{path}/emergency-contact", {"name": f"Eva Of{self.side.name}", "phone": "030 12345"}
        )
        await self._made("credential_id", "/credentials", member_id=ids["member_id"], kind="pass")

    async def _membership(self) -> None:
        ids = self.ids
        bought = await self._made(
            *("membership_id", f"/members/{ids['member_id']}/memberships"),
            plan_id=ids["plan_id"],
            price_id=ids["price_id"],
            price=PRICE,
            agreement=AGREEMENT,
        )
        checkout = await self.platform.post(
            "/payments/checkouts", {"membership_id": bought["id"], "price": PRICE}
        )
        async with httpx.AsyncClient(timeout=30) as browser:
            page = await browser.post(checkout["url"], data={"card": "4242424242424242"})
        assert page.status_code == httpx.codes.SEE_OTHER
        path = f"/memberships/{ids['membership_id']}"
        await until(
            lambda: self.platform.get(path),
            lambda found: found["label"] == "active",
            what="the membership runs",
        )
        ids.update(await money_of(self.platform, path))
        await self._made("guest_pass_id", f"{path}/guest-passes", first_name="Guy", last_name="Fox")
        for kind in ("block", "freeze"):
            stopped = await self.platform.post(f"{path}/{kind}s", {"reason": "as agreed"})
            ids[f"{kind}_id"] = stopped["id"]
        await self._made("change_id", f"{path}/price-changes", **dearer())
        plan = await self.platform.post("/plans", another_plan(ids))
        await self._made("plan_change_id", f"{path}/plan-changes", **change_to(plan))
        await self._made("run_id", f"/plans/{ids['plan_id']}/price-changes", **dearer())
        deliveries = await until(
            lambda: self.platform.get(f"/webhook-endpoints/{ids['endpoint_id']}/deliveries"),
            lambda found: bool(found["items"]),
            what="a webhook is on its way",
        )
        ids["delivery_id"] = deliveries["items"][0]["id"]


@dataclass
class World:
    """Two sides, a token for each role on the first, and the application that answers."""

    runtime: Runtime
    app: Any
    own: Side
    other: Side
    tokens: dict[str, str] = field(default_factory=dict)
    personal: dict[str, dict[str, str]] = field(default_factory=dict)
    lifecycle: Lifecycle | None = None

    async def rest(self) -> None:
        """From now on nothing happens by itself: only the server runs."""
        assert self.lifecycle is not None
        running = self.lifecycle._running
        while len(running) > 1:
            await running.pop(-2).stop()

    def ids(self, role: str) -> dict[str, str]:
        """The ids of what belongs to the first side, and to whoever has the role there."""
        return self.own.ids | self.personal[role]

    def client(self, token: str | None) -> httpx.AsyncClient:
        """Somebody who calls."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://test",
            headers=headers,
        )


async def things_of(runtime: Runtime, person: Person) -> dict[str, str]:
    """The ids of what belongs to the account itself: its session and a passkey."""
    passkey = Passkey(
        id=new_id(),
        account_id=person.account_id,
        credential_id=new_id().bytes,
        public_key=b"none",
        sign_count=0,
        name="Phone",
        transports=(),
        backed_up=False,
        created_at=runtime.clock.now(),
    )
    link_id = new_id()
    async with runtime.begin(SERVICE) as uow:
        uow.add(passkey)
        await uow.connection.execute(
            insert(oidc_subject).values(
                id=link_id,
                account_id=person.account_id,
                issuer="https://issuer.example",
                subject=str(link_id),
                created_at=uow.now,
                last_used_at=uow.now,
            )
        )
    own = {
        "session_id": str(person.session_id),
        "passkey_id": str(passkey.id),
        "link_id": str(link_id),
    }
    if person.assignment_id is not None:
        own["acting_id"] = str(person.assignment_id)
    return own


async def papers_of(runtime: Runtime, side: Side) -> dict[str, str]:
    """The ids of who pays for the membership and of the invoice that was issued for it."""
    claim_id = UUID(side.ids["claim_id"])
    async with runtime.begin(SERVICE) as uow:
        # Read only: the provider's webhooks are still being applied, and hold the dues first.
        claim = await uow.session.get_one(Claim, claim_id)
        dues = await uow.session.get_one(Dues, claim.dues_id)
        period = Period(claim.start, claim.until)
        issued = await issue_invoice(
            uow,
            InvoiceOrder(
                organisation_id=claim.organisation_id,
                legal_entity_id=UUID(side.ids["legal_entity_id"]),
                billing_account_id=dues.billing_account_id,
                person_id=claim.person_id,
                claim_id=claim_id,
                currency=claim.currency,
                lines=[Line(claim.amount)],
                included=True,
                charged=claim.amount,
                supply=period,
            ),
        )
    return {
        "billing_account_id": str(dues.billing_account_id),
        "document_id": str(issued.id),
    }


@asynccontextmanager
async def two_organisations(*, rolled_back: bool = True) -> AsyncIterator[World]:
    """The world, in which no request changes anything: each is answered in full, and then its
    transaction is rolled back, so that every one meets the same state. Unless that is not asked
    for."""
    with mock.patch.dict(os.environ, SETTINGS):
        async with temporary_platform() as process, _founded(process) as world:
            if rolled_back:
                with_rollback(world.runtime.database)
            yield world


@asynccontextmanager
async def _founded(process: Process) -> AsyncIterator[World]:
    runtime = process.runtime
    platform = Platform(runtime.url, await create_administrator(runtime, "founder"))
    try:
        sides = await asyncio.gather(
            *(Founding(platform, name).found() for name in ("Northgym", "Southgym"))
        )
    finally:
        await platform.close()
    for side in sides:
        side.ids.update(await papers_of(runtime, side))
    world = World(runtime, process.app, *sides, lifecycle=process.lifecycle)
    for role in (*GRANTED, MEMBER, NOBODY):
        person = await person_as(
            runtime,
            role,
            UUID(world.own.ids["organisation_id"]),
            person_id=UUID(world.own.ids["person_id"]) if role == MEMBER else None,
        )
        world.tokens[role] = person.token
        world.personal[role] = await things_of(runtime, person)
        if role == MEMBER:
            world.personal[role]["feed_id"] = await own_calendar(world.client(person.token))
    stranger = await person_as(runtime, NOBODY, UUID(world.other.ids["organisation_id"]))
    world.other.ids.update(await things_of(runtime, stranger))
    yield world
