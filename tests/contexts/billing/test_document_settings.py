"""Rates of tax, how numbers begin, and to whom documents are made out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contexts.billing.shop import Line, Shop
from fixtures.callers import callers_context, http_client, in_role, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.usecases.follow_seller import follow_seller
from gymhopper.contexts.billing.usecases.learn_payer import learn_payer
from gymhopper.contracts.identity.api import Caller
from gymhopper.contracts.membership.api import MemberAddress, MemberContact, MembershipApi
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.membership.events import MembershipRenewed, MembershipState
from gymhopper.contracts.venues.events import LegalEntityCreated
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

ORGANISATION, PERSON = UUID(int=11), UUID(int=7)
ADA = {"name": "Ada Beispiel", "lines": ["Ring 1"], "city": "Wien", "country": "AT"}


@dataclass
class Members:
    """Keeps the part of `MembershipApi` that is asked for names."""

    known: MemberContact | None = None

    async def contact(self, *, member_id: UUID) -> MemberContact | None:
        known = self.known
        return known if known is not None and known.member_id == member_id else None


@dataclass
class Office:
    """A shop, and people who set things for it."""

    shop: Shop
    members: Members
    client: httpx.AsyncClient

    async def call(
        self, method: str, path: str, by: str = "owner", **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {by}", **options.pop("headers", {})}
        return await self.client.request(
            method, f"/api/v1/payments{path}", headers=headers, **options
        )

    @property
    def taxes(self) -> str:
        return f"/legal-entities/{self.shop.legal_entity}/tax-rates"

    @property
    def numbering(self) -> str:
        return f"/legal-entities/{self.shop.legal_entity}/numbering"

    @property
    def bill_to(self) -> str:
        return f"/billing-accounts/{self.shop.account}/bill-to"

    async def rate(self, code: str, percent: str, day: str, **more: str) -> httpx.Response:
        body = {"code": code, "percent": percent, "valid_from": day, **more}
        return await self.call("POST", self.taxes, json=body)


def member(person_id: UUID, *gyms: UUID) -> Caller:
    return Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=person_id,
        within=gyms,
        scopes=("payers:read", "payers:write"),
    )


@pytest.fixture
async def office(new_runtime: NewRuntime) -> AsyncIterator[Office]:
    members = Members()
    runtime = await new_runtime(
        [
            billing,
            Context(name="membership", apis=[Implementation(MembershipApi, lambda _: members)]),
            callers_context(
                owner=in_role("owner", ORGANISATION),
                elsewhere=in_role("owner", ORGANISATION, legal_entity_id=new_id()),
                desk=in_role("front_desk", ORGANISATION),
                stranger=staff_of(new_id()),
                ada=member(PERSON, ORGANISATION),
                eve=member(new_id(), ORGANISATION),
                half=member(PERSON, new_id()),
            ),
        ]
    )
    shop = Shop(runtime, organisation=ORGANISATION, person=PERSON)
    await shop.open()
    async with http_client(runtime) as client:
        yield Office(shop, members, client)


async def test_rates_are_added_for_days_to_come_and_the_past_stays(
    office: Office, clock: ManualClock
) -> None:
    assert (await office.rate("standard", "16.00", "2026-07-01")).json()["percent"] == "16"
    assert (await office.rate("standard", "16", "2026-07-01")).status_code == 201
    assert (await office.rate("standard", "17", "2026-07-01")).status_code == 201
    assert (await office.rate("standard", "20", "2026-03-02")).status_code == 201
    for percent, day in [("5", "2026-03-01"), ("21", "2026-03-02"), ("5", "2019-01-01")]:
        refused = await office.rate("standard", percent, day)
        assert (refused.status_code, refused.json()["code"]) == (409, "rate_in_force"), day
    first = await office.rate("exempt", "0", "2020-01-01", category="E", exemption="Sport")
    assert first.status_code == 201, first.text
    listed = (await office.call("GET", office.taxes)).json()["items"]
    assert [(each["code"], each["percent"], each["valid_from"]) for each in listed] == [
        ("exempt", "0", "2020-01-01"),
        ("reduced", "7", "2020-01-01"),
        ("standard", "19", "2020-01-01"),
        ("standard", "20", "2026-03-02"),
        ("standard", "17", "2026-07-01"),
    ]
    clock.advance(timedelta(days=150))
    assert (await office.rate("standard", "16", "2026-07-01")).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"percent": "100"},
        {"percent": "-1"},
        {"percent": "0"},
        {"category": "E", "percent": "0"},
        {"category": "X"},
        {"code": "Standard"},
        {"code": ""},
        {"valid_from": "soon"},
        {"exemption": "a\u0000b"},
        {"more": 1},
    ],
)
async def test_what_cannot_be_a_rate_is_refused(office: Office, body: dict[str, object]) -> None:
    usual = {"code": "standard", "percent": "19", "valid_from": "2027-01-01"}
    refused = await office.call("POST", office.taxes, json={**usual, **body})
    assert refused.status_code == 422, refused.text
    assert len((await office.call("GET", office.taxes)).json()["items"]) == 2


async def test_taxes_and_numbers_are_set_by_who_may_and_unknown_to_others(office: Office) -> None:
    rate = {"code": "standard", "percent": "25", "valid_from": "2027-01-01"}
    prefixes = {"invoice_prefix": "RE", "credit_note_prefix": "RK"}
    for path, method, body in (
        (office.taxes, "POST", rate),
        (office.numbering, "PUT", prefixes),
    ):
        assert (await office.call("GET", path, "stranger")).status_code == 404
        assert (await office.call(method, path, "stranger", json=body)).status_code == 404
        assert (await office.call("GET", path, "desk")).status_code == 403
        assert (await office.call(method, path, "ada", json=body)).status_code == 403
        limited = await office.call(method, path, "elsewhere", json=body)
        assert (limited.status_code, limited.json()["code"]) == (403, "not_your_place")


async def test_numbers_begin_as_the_seller_says(office: Office) -> None:
    read = await office.call("GET", office.numbering)
    assert read.json() == {"invoice_prefix": "INV", "credit_note_prefix": "CN"}
    tag = {"If-Match": read.headers["etag"]}
    prefixes = {"invoice_prefix": "RE", "credit_note_prefix": "RK"}
    kept = await office.call("PUT", office.numbering, json=prefixes, headers=tag)
    assert kept.json() == prefixes, kept.text
    stale = await office.call("PUT", office.numbering, json=prefixes, headers=tag)
    assert stale.status_code == 412
    issued = await office.shop.invoice()
    assert issued.number == "RE-2026-000001"
    assert (await office.shop.credit(issued)).number == "RK-2026-000001"
    for invoice, note, code in [
        ("RK", "X", "prefix_taken"),
        ("Y", "RE", "prefix_taken"),
        ("Z", "Z", "prefix_taken"),
        ("re", "X", "invalid_input"),
    ]:
        body = {"invoice_prefix": invoice, "credit_note_prefix": note}
        refused = await office.call("PUT", office.numbering, json=body)
        assert refused.json()["code"] == code, body
    assert (await office.call("GET", office.numbering)).json() == prefixes


async def test_a_payer_and_the_desk_say_to_whom_documents_are_made_out(office: Office) -> None:
    before = await office.shop.invoice()
    read = await office.call("GET", office.bill_to, "ada")
    assert (read.json()["name"], read.json()["given"]) == (None, False)
    tag = {"If-Match": read.headers["etag"]}
    said = await office.call("PUT", office.bill_to, "ada", json=ADA, headers=tag)
    assert said.status_code == 200, said.text
    assert said.json() == (await office.call("GET", office.bill_to, "desk")).json()
    stale = await office.call("PUT", office.bill_to, "desk", json=ADA, headers=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    firm = {"name": "Beispiel AG", "tax_ids": [{"kind": "eu_vat", "value": "ATU1"}]}
    tag = {"If-Match": said.headers["etag"]}
    changed = await office.call(
        "PUT", office.bill_to, "desk", json={**firm, "language": "en"}, headers=tag
    )
    assert changed.status_code == 200, changed.text
    issued = await office.shop.invoice()
    assert office.shop.content(issued).buyer.tax_ids[0].value == "ATU1"
    assert office.shop.content(issued).language == "en"
    assert office.shop.content(before).buyer.name is None


async def test_others_neither_learn_nor_say_to_whom_documents_are_made_out(office: Office) -> None:
    await office.call("PUT", office.bill_to, "ada", json=ADA)
    for by in ("stranger", "eve", "half"):
        assert (await office.call("GET", office.bill_to, by)).status_code == 404
        assert (await office.call("PUT", office.bill_to, by, json=ADA)).status_code == 404
    for wrong in ({**ADA, "country": "Austria"}, {**ADA, "name": " "}, {"lines": ["Ring 1"]}):
        assert (await office.call("PUT", office.bill_to, "ada", json=wrong)).status_code == 422
    [row] = await office.shop.rows("SELECT CAST(t AS text) AS row FROM billing.bill_to AS t")
    assert "Beispiel" not in row.row
    [entry] = await office.shop.rows(
        "SELECT CAST(e AS text) AS row FROM audit.entry AS e WHERE operation = 'put_bill_to'"
    )
    assert "Beispiel" not in entry.row


async def test_what_membership_knows_stands_until_somebody_says_otherwise(office: Office) -> None:
    shop, member_id = office.shop, new_id()
    known = MemberContact(
        member_id=member_id,
        person_id=PERSON,
        organisation_id=ORGANISATION,
        email=None,
        name="Ada Beispiel",
        address=MemberAddress(lines=("Ring 1",), city="Wien", country="AT", postal_code="1010"),
    )
    await learn_payer(shop.runtime, member_id)
    assert shop.content(await shop.invoice()).buyer.name is None
    office.members.known = known
    for _ in range(2):
        await learn_payer(shop.runtime, member_id)
        read = await office.call("GET", office.bill_to)
        assert (read.json()["city"], read.headers["etag"]) == ("Wien", '"1"')
    assert shop.content(await shop.invoice([Line()])).buyer.postal_code == "1010"
    await office.call("PUT", office.bill_to, "ada", json={"name": "Beispiel AG"})
    await learn_payer(shop.runtime, member_id)
    assert shop.content(await shop.invoice()).buyer.name == "Beispiel AG"


async def test_only_who_pays_for_something_is_looked_up_again(office: Office) -> None:
    """Members by the thousand are imported who have no account here."""
    shop = office.shop
    payer, other = await looked_up(shop, person=PERSON), await looked_up(shop, person=new_id())
    assert (payer, other) == (1, 0)


async def looked_up(shop: Shop, *, person: UUID) -> int:
    """How many looks a member's renewal leads to."""
    renewed = MembershipRenewed(
        membership=MembershipState(
            membership_id=new_id(),
            member_id=new_id(),
            person_id=person,
            organisation_id=ORGANISATION,
            plan_id=new_id(),
            zone="Europe/Vienna",
            coverage=Coverage(include=()),
            contract="active",
        )
    )
    async with shop.runtime.begin(SERVICE) as uow:
        for handler in billing.subscriptions.handlers[renewed.type]:
            await handler(uow, renewed, None)  # type: ignore[arg-type]  # the envelope is not read
    jobs = await shop.rows(
        "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'billing.learn_payer'"
    )
    return [each.args["member_id"] for each in jobs].count(str(renewed.membership.member_id))


async def test_a_legal_entity_that_venues_tells_of_can_be_taxed(office: Office) -> None:
    entity = new_id()
    told = LegalEntityCreated(
        legal_entity_id=entity,
        organisation_id=ORGANISATION,
        country="DE",
        currency="EUR",
        zone="Europe/Berlin",
        name="Second GmbH",
    )
    path = f"/legal-entities/{entity}/tax-rates"
    assert (await office.call("GET", path)).status_code == 404
    async with office.shop.runtime.begin(SERVICE) as uow:
        await follow_seller(uow, told, 1)
    assert (await office.call("GET", path)).json() == {"items": []}
