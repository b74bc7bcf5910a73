"""Tenants and their sellers: created by those who may, seen by those whose they are."""

import pytest
from sqlalchemy import text

from contexts.venues.conftest import Network, Tenant
from fixtures.callers import ADMIN
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from fixtures.schema import differences
from gymhopper.chassis.auth import ANONYMOUS, AuthSubject
from gymhopper.contexts.venues.context import context as venues
from gymhopper.contexts.venues.storage.tables import metadata
from gymhopper.contracts.venues.api import VenuesApi
from gymhopper.contracts.venues.events import (
    LegalEntityChanged,
    LegalEntityCreated,
    OrganisationCreated,
    PostalAddress,
    TaxNumber,
)
from gymhopper.kernel.ids import new_id

ENTITY = {"name": "West Ltd", "country": "GB", "currency": "GBP", "zone": "Europe/London"}


async def test_an_administrator_creates_an_organisation_with_its_seller(network: Network) -> None:
    made = await network.made(
        "/organisations", by=ADMIN, json={"name": " West ", "kind": "operator"}
    )
    entity = await network.made(
        "/legal-entities",
        by=ADMIN,
        json={
            **ENTITY,
            "organisation_id": made["id"],
            "address": {"line1": "1 Road", "city": "Leeds", "postal_code": "LS1"},
            "tax_ids": [{"kind": "gb_vat", "value": "GB123"}],
        },
    )

    read = await network.call("GET", f"/organisations/{made['id']}", by=ADMIN)
    assert read.json() == made
    assert (made["name"], made["kind"]) == ("West", "operator")
    read = await network.call("GET", f"/legal-entities/{entity['id']}", by=ADMIN)
    assert read.json() == entity
    assert entity["address"]["postal_code"] == "LS1"
    assert entity["tax_ids"] == [{"kind": "gb_vat", "value": "GB123"}]
    organisations = await network.events(OrganisationCreated)
    entities = await network.events(LegalEntityCreated)
    assert (str(organisations[-1].organisation_id), organisations[-1].kind) == (
        made["id"],
        "operator",
    )
    assert (str(entities[-1].legal_entity_id), entities[-1].currency) == (entity["id"], "GBP")
    assert entities[-1].name == "West Ltd"
    assert entities[-1].address == PostalAddress(line1="1 Road", city="Leeds", postal_code="LS1")
    assert entities[-1].tax_ids == (TaxNumber(kind="gb_vat", value="GB123"),)


async def test_only_the_platforms_administrators_create_organisations(network: Network) -> None:
    refused = await network.call("POST", "/organisations", by=network.north, json={"name": "More"})
    assert (refused.status_code, refused.json()["code"]) == (403, "platform_only")


async def test_a_tenant_adds_a_seller_to_itself_only(network: Network) -> None:
    own = await network.made("/legal-entities", by=network.north, json=ENTITY)
    foreign = await network.call(
        "POST",
        "/legal-entities",
        by=network.north,
        json=ENTITY | {"organisation_id": str(network.south.organisation_id)},
    )

    assert own["organisation_id"] == str(network.north.organisation_id)
    assert foreign.status_code == 404


async def test_a_seller_moves_and_everybody_hears_where_it_is_now(network: Network) -> None:
    entity = await network.made("/legal-entities", by=network.north, json=ENTITY)
    path = f"/legal-entities/{entity['id']}"
    tag = (await network.call("GET", path, by=network.north)).headers["etag"]
    change = {
        "name": "North West Ltd",
        "address": {"line1": "2 Road", "line2": "Floor 3", "city": "York"},
        "tax_ids": [{"kind": "gb_vat", "value": "GB999"}],
    }
    moved = await network.call(
        "PATCH", path, by=network.north, json=change, headers={"If-Match": tag}
    )
    assert moved.status_code == 200, moved.text
    assert moved.json() == (await network.call("GET", path, by=network.north)).json()
    stale = await network.call(
        "PATCH", path, by=network.north, json={"name": "Old"}, headers={"If-Match": tag}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    again = await network.call("PATCH", path, by=network.north, json=change)
    assert again.headers["etag"] == moved.headers["etag"] != tag
    [told] = await network.events(LegalEntityChanged)
    assert (told.name, told.currency) == ("North West Ltd", "GBP")
    assert told.address == PostalAddress(line1="2 Road", line2="Floor 3", city="York")
    assert told.tax_ids == (TaxNumber(kind="gb_vat", value="GB999"),)
    without = await network.call("PATCH", path, by=network.north, json={"address": None})
    assert (without.json()["address"], without.json()["name"]) == (None, "North West Ltd")


async def test_a_seller_is_changed_by_its_own_tenant_only_and_to_what_it_can_be(
    network: Network,
) -> None:
    path = f"/legal-entities/{network.north.legal_entity_id}"
    assert (await network.call("PATCH", path, by=network.south, json={})).status_code == 404
    assert (await network.call("PATCH", path, by="reader", json={})).status_code == 403
    for wrong in ({"name": None}, {"tax_ids": None}, {"currency": "USD"}, {"name": " "}):
        refused = await network.call("PATCH", path, by=network.north, json=wrong)
        assert refused.status_code == 422, wrong
    assert await network.events(LegalEntityChanged) == []


async def test_foreign_and_unknown_tenants_look_alike(network: Network) -> None:
    for kind, foreign in (
        ("organisations", network.south.organisation_id),
        ("legal-entities", network.south.legal_entity_id),
    ):
        answers = [
            await network.call("GET", f"/{kind}/{key}", by=network.north)
            for key in (foreign, new_id())
        ]
        assert [each.status_code for each in answers] == [404, 404]
        assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_reading_needs_the_scope_and_writing_another(network: Network) -> None:
    path = f"/organisations/{network.north.organisation_id}"
    assert (await network.call("GET", path)).status_code == 401
    assert (await network.call("GET", path, by="reader")).status_code == 200
    refused = await network.call("POST", "/legal-entities", by="reader", json=ENTITY)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("table", ["organisation", "legal_entity"])
async def test_without_any_filter_no_foreign_row_is_read(network: Network, table: str) -> None:
    column = "id" if table == "organisation" else "organisation_id"
    query = text(f"SELECT {column} AS owner FROM venues.{table}")  # noqa: S608 - our own names

    async def owners(subject: AuthSubject) -> set[object]:
        async with network.runtime.read(subject) as connection:
            return {row.owner for row in await connection.execute(query)}

    north = network.north.organisation_id
    assert await owners(AuthSubject(kind="staff", organisation_id=north)) == {north}
    assert await owners(ANONYMOUS) == set()


@pytest.mark.parametrize("table", ["organisation", "legal_entity", "calendar", "location"])
async def test_without_any_filter_no_foreign_row_is_written(network: Network, table: str) -> None:
    await network.open(network.south)
    await network.made("/calendars", by=network.south, json={"name": "All"})
    north = AuthSubject(kind="staff", organisation_id=network.north.organisation_id)
    column = "id" if table == "organisation" else "organisation_id"
    statement = text(
        f"UPDATE venues.{table} SET name = 'mine' WHERE {column} <> :own"  # noqa: S608 - our own names
    )

    async with network.runtime.database.transaction(north) as connection:
        touched = await connection.execute(statement, {"own": north.organisation_id})

    assert touched.rowcount == 0


async def test_an_external_ref_is_taken_once(network: Network) -> None:
    body = {"name": "West", "external_ref": "west"}
    await network.made("/organisations", by=ADMIN, json=body)
    again = await network.call("POST", "/organisations", by=ADMIN, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "external_ref_taken")

    for tenant in (network.north, network.south):
        await network.made("/legal-entities", by=tenant, json=ENTITY | {"external_ref": "e"})
    again = await network.call(
        "POST", "/legal-entities", by=network.north, json=ENTITY | {"external_ref": "e"}
    )
    assert again.status_code == 409
    assert len(await network.events(LegalEntityCreated)) == 4


BAD_FIELDS = [
    ({"zone": "Europe/Atlantis"}, "zone"),
    ({"zone": "../../etc/passwd"}, "zone"),
    ({"zone": "europe/london"}, "zone"),
    ({"country": "gb"}, "country"),
    ({"country": "GBR"}, "country"),
    ({"currency": "XYZ"}, "currency"),
    ({"currency": "gbp"}, "currency"),
    ({"name": "\u0000"}, "name"),
    ({"name": " "}, "name"),
    ({"tax_ids": [{"kind": "VAT", "value": "1"}]}, "tax_ids"),
    ({"address": {"line1": "1 Road"}}, "address"),
    ({"organisation_id": "north"}, "organisation_id"),
    ({"surprise": True}, "surprise"),
]


async def test_a_bad_legal_entity_is_named_by_its_field(network: Network) -> None:
    for change, field in BAD_FIELDS:
        response = await network.call(
            "POST", "/legal-entities", by=network.north, json=ENTITY | change
        )
        assert response.status_code == 422, (change, response.text)
        assert response.json()["field"].partition(".")[0] == field, (change, response.text)


async def test_an_administrator_says_for_which_organisation(network: Network) -> None:
    unsaid = await network.call("POST", "/legal-entities", by=ADMIN, json=ENTITY)
    unknown = await network.call(
        "POST", "/legal-entities", by=ADMIN, json=ENTITY | {"organisation_id": str(new_id())}
    )

    assert (unsaid.status_code, unsaid.json()["field"]) == (422, "organisation_id")
    assert unknown.status_code == 404


async def test_other_contexts_ask_by_id(network: Network, new_runtime: NewRuntime) -> None:
    api = (await new_runtime([venues], wired=True)).api(VenuesApi)
    tenant: Tenant = network.north
    location = await network.open(tenant)

    organisation = await api.organisation(organisation_id=tenant.organisation_id)
    entity = await api.legal_entity(legal_entity_id=tenant.legal_entity_id)

    assert organisation is not None
    assert (organisation.name, organisation.kind) == ("North", "brand")
    assert entity is not None
    assert (entity.organisation_id, entity.currency) == (tenant.organisation_id, "EUR")
    locations = await api.location_ids(organisation_id=tenant.organisation_id)
    assert [str(each) for each in locations] == [location["id"]]
    assert await api.organisation(organisation_id=new_id()) is None
    assert await api.legal_entity(legal_entity_id=new_id()) is None


def test_the_tables_are_those_of_the_migration(database: TestDatabase) -> None:
    assert differences(database, metadata) == []
