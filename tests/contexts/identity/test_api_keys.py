"""Who holds a key gets in, with what the key allows, until it ends."""

import logging
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from contexts.identity.conftest import Platform, bearer
from fixtures.engines import TestDatabase
from fixtures.schema import differences
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.identity.domain.token import Token
from gymhopper.contexts.identity.storage.tables import metadata
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


async def test_an_administrator_acts_for_every_organisation(platform: Platform) -> None:
    token = platform.client.headers["Authorization"].removeprefix("Bearer ")

    caller = await platform.runtime.api(IdentityApi).authenticate(token=token)

    assert caller is not None
    assert (caller.kind, caller.organisation_id, caller.scopes) == ("staff", None, ("*",))


async def test_a_made_key_calls_with_its_own_scopes(platform: Platform) -> None:
    made = await platform.key(scopes=["identity:read", "members:write"])

    assert (await platform.get_keys(made["token"])).status_code == 200
    refused = await platform.client.delete(
        f"/api/v1/api-keys/{made['id']}", headers=bearer(made["token"])
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_a_token_is_shown_once_and_stored_nowhere(
    platform: Platform, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await platform.key()
    await platform.get_keys(made["token"])

    secret = Token.parse(str(made["token"]))
    assert secret is not None
    listed = (await platform.get_keys(made["token"])).text
    async with platform.runtime.read(SERVICE) as connection:
        rows = (await connection.execute(text("SELECT k::text FROM identity.api_key k"))).scalars()
        stored = "".join(rows)
    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "/api/v1/api-keys" in logged
    for place in (listed, stored, logged, repr(secret)):
        assert secret.secret not in place
    assert str(made["prefix"]) in listed


async def test_a_revoked_key_is_refused_within_five_seconds(
    platform: Platform, clock: ManualClock
) -> None:
    made = await platform.key()
    assert (await platform.get_keys(made["token"])).status_code == 200

    for _ in range(2):
        gone = await platform.client.delete(f"/api/v1/api-keys/{made['id']}")
        assert gone.status_code == 204
    clock.advance(timedelta(seconds=5))

    refused = await platform.get_keys(made["token"])
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


async def test_revoking_again_keeps_the_first_time(platform: Platform, clock: ManualClock) -> None:
    made = await platform.key()
    await platform.client.delete(f"/api/v1/api-keys/{made['id']}")
    first = clock.now()
    clock.advance(timedelta(minutes=1))
    await platform.client.delete(f"/api/v1/api-keys/{made['id']}")

    items = (await platform.client.get("/api/v1/api-keys")).json()["items"]
    revoked = {each["id"]: each["revoked_at"] for each in items}
    assert revoked[made["id"]] == first.isoformat().replace("+00:00", "Z")


async def test_a_key_ends_at_the_instant_of_its_expiry(
    platform: Platform, clock: ManualClock
) -> None:
    made = await platform.key(expires_at=(clock.now() + timedelta(seconds=3)).isoformat())

    clock.advance(timedelta(seconds=2))
    assert (await platform.get_keys(made["token"])).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert (await platform.get_keys(made["token"])).status_code == 401


async def test_the_last_use_is_written_once_an_hour(platform: Platform, clock: ManualClock) -> None:
    made = await platform.key()

    async def last_use() -> object:
        items = (await platform.client.get("/api/v1/api-keys")).json()["items"]
        return next(each["last_used_at"] for each in items if each["id"] == made["id"])

    assert await last_use() is None
    await platform.get_keys(made["token"])
    first = await last_use()
    clock.advance(timedelta(minutes=59))
    await platform.get_keys(made["token"])
    assert await last_use() == first
    clock.advance(timedelta(minutes=1))
    await platform.get_keys(made["token"])
    assert await last_use() != first


async def test_nobody_gives_away_more_than_they_have(platform: Platform) -> None:
    made = await platform.key(scopes=["identity:*"])

    for scopes in (["*"], ["members:read"], ["identity:read", "billing:*"]):
        refused = await platform.client.post(
            "/api/v1/api-keys",
            json={"name": "More", "scopes": scopes},
            headers=bearer(made["token"]),
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_an_organisation_sees_and_ends_its_own_keys_only(platform: Platform) -> None:
    north = await platform.key()
    south = await platform.key(organisation_id=str(platform.south))

    listed = (await platform.get_keys(north["token"])).json()["items"]
    assert [each["id"] for each in listed] == [north["id"]]
    foreign = await platform.client.delete(
        f"/api/v1/api-keys/{south['id']}", headers=bearer(north["token"])
    )
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert (await platform.get_keys(south["token"])).status_code == 200


async def test_a_key_is_made_for_the_makers_own_organisation_only(platform: Platform) -> None:
    north = await platform.key()
    body = {"name": "Another", "scopes": ["members:read"]}

    own = await platform.client.post("/api/v1/api-keys", json=body, headers=bearer(north["token"]))
    foreign = await platform.client.post(
        "/api/v1/api-keys",
        json=body | {"organisation_id": str(platform.south)},
        headers=bearer(north["token"]),
    )

    assert own.json()["organisation_id"] == str(platform.north)
    assert foreign.status_code == 404


async def test_without_any_filter_an_organisation_reads_no_foreign_row(platform: Platform) -> None:
    await platform.key()
    await platform.key(organisation_id=str(platform.south))
    north = AuthSubject(kind="staff", organisation_id=platform.north)

    async with platform.runtime.read(north) as connection:
        rows = await connection.execute(text("SELECT organisation_id FROM identity.api_key"))

    assert {row.organisation_id for row in rows} == {platform.north}


async def test_pages_follow_each_other_without_gap_or_repeat(platform: Platform) -> None:
    made = [await platform.key(name=f"Key {n}") for n in range(5)]
    token = made[0]["token"]

    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await platform.get_keys(token, **query)).json()
        assert len(page["items"]) <= 2
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == [each["id"] for each in made]


BAD_FIELDS: list[tuple[dict[str, object], int, str | None]] = [
    ({"name": ""}, 422, "name"),
    ({"name": "a\u0000b"}, 422, "name"),
    ({"name": 7}, 422, "name"),
    ({"name": None}, 422, "name"),
    ({"scopes": []}, 422, "scopes"),
    ({"scopes": "members:read"}, 422, "scopes"),
    ({"scopes": ["members"]}, 422, "scopes"),
    ({"scopes": ["Members:read\n"]}, 422, "scopes"),
    ({"kind": "device"}, 422, "kind"),
    ({"expires_at": "2026-03-02T09:00:00Z"}, 422, "expires_at"),
    ({"expires_at": "9999-12-31T23:59:59-14:00"}, 422, "expires_at"),
    ({"expires_at": "2027-01-01T00:00:00"}, 422, "expires_at"),
    ({"organisation_id": None}, 422, "organisation_id"),
    ({"organisation_id": "north"}, 422, "organisation_id"),
    ({"organisation_id": str(new_id())}, 404, "organisation_id"),
    ({"surprise": 1}, 422, "surprise"),
]


async def test_bad_input_is_named_by_its_field(platform: Platform) -> None:
    good = {"name": "A key", "scopes": ["*"], "organisation_id": str(platform.north)}
    for change, status, field in BAD_FIELDS:
        response = await platform.client.post("/api/v1/api-keys", json=good | change)
        assert response.status_code == status, (change, response.text)
        assert response.headers["content-type"] == "application/problem+json"
        at_fault = response.json().get("field") or ""
        assert at_fault.partition(".")[0] == (field or ""), (change, response.text)

    assert len((await platform.client.get("/api/v1/api-keys")).json()["items"]) == 1


async def test_malformed_bodies_and_ids_are_problems(platform: Platform) -> None:
    json = {"Content-Type": "application/json"}
    malformed = await platform.client.post("/api/v1/api-keys", content=b"{", headers=json)
    lone = await platform.client.post(
        "/api/v1/api-keys", content=rb'{"name": "\ud800", "scopes": ["*"]}', headers=json
    )
    unknown = await platform.client.delete(f"/api/v1/api-keys/{new_id()}")
    no_id = await platform.client.delete("/api/v1/api-keys/first")

    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed_json")
    assert lone.status_code == 422
    assert unknown.status_code == 404
    assert no_id.status_code == 422


@pytest.mark.parametrize("header", [None, "Bearer", "Basic YTpi", "Bearer gh_x", "Bearer \u00e9"])
async def test_no_token_that_we_know_means_401(platform: Platform, header: str | None) -> None:
    platform.client.headers.pop("Authorization")
    headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]

    response = await platform.client.get("/api/v1/api-keys", headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("part", ["prefix", "secret"])
async def test_half_a_token_is_not_enough(platform: Platform, part: str) -> None:
    mine = Token.parse(str((await platform.key())["token"]))
    other = Token.new()
    assert mine is not None
    mixed = (
        Token(other.prefix, mine.secret) if part == "prefix" else Token(mine.prefix, other.secret)
    )

    assert (await platform.get_keys(mixed.reveal())).status_code == 401


@given(st.text(max_size=100))
def test_only_what_has_the_form_of_a_token_is_read_as_one(given: str) -> None:
    parsed = Token.parse(given)
    assert parsed is None or parsed.reveal() == given


def test_a_token_is_read_back_as_it_was_made() -> None:
    token = Token.new()
    assert Token.parse(token.reveal()) == token
    assert Token.parse(token.reveal() + "\n") is None


def test_the_tables_are_those_of_the_migration(database: TestDatabase) -> None:
    assert differences(database, metadata) == []


async def test_after_a_rotation_both_tokens_open_until_the_overlap_ends(
    platform: Platform, clock: ManualClock
) -> None:
    made = await platform.key()
    assert (await platform.get_keys(made["token"])).status_code == 200

    rotated = await rotate(platform, made["id"], overlap_hours=24)
    assert rotated["id"] == made["id"]
    assert rotated["token"] != made["token"]
    assert (rotated["former_prefix"], rotated["scopes"]) == (made["prefix"], made["scopes"])

    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert (await platform.get_keys(made["token"])).status_code == 200
    assert (await platform.get_keys(rotated["token"])).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert (await platform.get_keys(made["token"])).status_code == 401
    assert (await platform.get_keys(rotated["token"])).status_code == 200


async def test_a_rotation_without_overlap_ends_the_old_token(
    platform: Platform, clock: ManualClock
) -> None:
    made = await platform.key()
    rotated = await rotate(platform, made["id"], overlap_hours=0)
    clock.advance(timedelta(seconds=5))

    assert (await platform.get_keys(made["token"])).status_code == 401
    assert (await platform.get_keys(rotated["token"])).status_code == 200


async def test_there_are_two_tokens_at_most_and_revoking_ends_both(
    platform: Platform, clock: ManualClock
) -> None:
    made = await platform.key()
    second = await rotate(platform, made["id"], overlap_hours=24)
    third = await rotate(platform, made["id"], overlap_hours=24)
    assert (await platform.get_keys(made["token"])).status_code == 401
    assert (await platform.get_keys(second["token"])).status_code == 200

    await platform.client.delete(f"/api/v1/api-keys/{made['id']}")
    clock.advance(timedelta(seconds=5))
    for token in (second["token"], third["token"]):
        assert (await platform.get_keys(token)).status_code == 401


async def test_a_former_token_does_not_outlive_its_key(
    platform: Platform, clock: ManualClock
) -> None:
    end = clock.now() + timedelta(hours=1)
    made = await platform.key(expires_at=end.isoformat())
    await rotate(platform, made["id"], overlap_hours=24)

    clock.advance(timedelta(hours=1))
    assert (await platform.get_keys(made["token"])).status_code == 401
    refused = await platform.client.post(f"/api/v1/api-keys/{made['id']}/rotate", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "key_ended")


async def test_nobody_gets_scopes_or_foreign_keys_by_a_rotation(platform: Platform) -> None:
    strong = await platform.key(scopes=["*"])
    weak = await platform.key(scopes=["identity:*"])
    foreign = await platform.key(scopes=["*"], organisation_id=str(platform.south))
    path = f"/api/v1/api-keys/{strong['id']}/rotate"

    refused = await platform.client.post(path, json={}, headers=bearer(weak["token"]))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    unseen = await platform.client.post(path, json={}, headers=bearer(foreign["token"]))
    assert unseen.status_code == 404
    too_long = await platform.client.post(path, json={"overlap_hours": 721})
    assert (too_long.status_code, too_long.json()["field"]) == (422, "overlap_hours")


async def rotate(platform: Platform, key_id: object, **body: object) -> dict[str, object]:
    """Give the key a new token, as the administrator."""
    response = await platform.client.post(f"/api/v1/api-keys/{key_id}/rotate", json=body)
    assert response.status_code == 200, response.text
    return dict(response.json())
