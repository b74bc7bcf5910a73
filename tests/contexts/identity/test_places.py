"""Whoever is limited to a place changes nothing at another one, whatever the role."""

from typing import Any

import pytest

from fixtures.gyms import Gyms
from fixtures.people import person_as
from gymhopper.contexts.identity.domain.roles import GRANTED, WHOLE_ONLY

WHERE = {"country": "AT", "zone": "Europe/Vienna"}


async def changes(gyms: Gyms, location_id: object) -> tuple[str, str, Any]:
    return "PATCH", f"/locations/{location_id}", {"tier": 2}


@pytest.mark.parametrize("role", ["owner", "manager", "partner_manager"])
async def test_locations_are_changed_where_one_works(gyms: Gyms, role: str) -> None:
    north = gyms.north
    at_here = {"legal_entity_id": north.entity, "location_id": north.here}
    here = await person_as(gyms.runtime, role, north.id, **at_here)
    entity = await person_as(gyms.runtime, role, north.id, legal_entity_id=north.entity)
    other = await gyms.call(
        "POST",
        "/legal-entities",
        WHERE | {"organisation_id": str(north.id), "name": "Other", "currency": "EUR"},
    )
    stranger = await person_as(gyms.runtime, role, north.id, legal_entity_id=other["id"])

    for by, location_id, expect in (
        (here, north.here, 200),
        (here, north.there, 403),
        (entity, north.here, 200),
        (entity, north.there, 200),
        (stranger, north.here, 403),
    ):
        answer = await gyms.call(*await changes(gyms, location_id), by=by, expect=expect)
        assert expect == 200 or answer["code"] == "not_your_place"
    await gyms.call(*await changes(gyms, gyms.south.here), by=entity, expect=404)


async def test_what_places_share_is_left_to_those_who_have_them_all(gyms: Gyms) -> None:
    north = gyms.north
    entity = await person_as(gyms.runtime, "owner", north.id, legal_entity_id=north.entity)
    at_here = {"legal_entity_id": north.entity, "location_id": north.here}
    here = await person_as(gyms.runtime, "owner", north.id, **at_here)
    whole = await person_as(gyms.runtime, "owner", north.id)
    calendar = {"name": "Region", "hours": None}
    seller = WHERE | {"name": "New", "currency": "EUR"}
    place = WHERE | {"city": "Wien", "tier": 1, "latitude": 48.2, "longitude": 16.4}
    place |= {"legal_entity_id": str(north.entity), "name": "Third"}

    for path, body in (("/calendars", calendar), ("/legal-entities", seller)):
        for by in (entity, here):
            refused = await gyms.call("POST", path, body, by=by, expect=403)
            assert refused["code"] == "not_your_place"
        made = await gyms.call("POST", path, body, by=whole)
        if path == "/calendars":
            times = {"hours": None, "exceptions": []}
            changed = f"/calendars/{made['id']}/times"
            await gyms.call("PUT", changed, times, by=entity, expect=403)
    await gyms.call("POST", "/locations", place, by=here, expect=403)
    await gyms.call("POST", "/locations", place, by=entity)


async def test_a_place_has_no_keys_prices_or_webhooks_of_its_own(gyms: Gyms) -> None:
    by = await person_as(gyms.runtime, "owner", gyms.north.id, legal_entity_id=gyms.north.entity)

    acting = await gyms.acting(by)
    assert frozenset(acting["scopes"]) == GRANTED["owner"].scopes - WHOLE_ONLY
    key = {"name": "A key", "scopes": ["members:read"]}
    refused = await gyms.call("POST", "/api-keys", key, by=by, expect=403)
    assert refused["code"] == "scope_missing"
