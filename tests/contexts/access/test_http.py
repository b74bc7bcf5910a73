"""The desk's side of access: whose it is, what it refuses, and what its tables are."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fixtures.access_world import LOCATION, MEMBER, Happening, World, say, scan, state
from fixtures.engines import TestDatabase
from fixtures.schema import differences
from gymhopper.chassis.auth import AuthSubject
from gymhopper.contexts.access.storage import tables
from gymhopper.contracts.membership.events import MembershipActivated
from gymhopper.kernel.ids import new_id

DESK = {"Authorization": "Bearer desk"}
OTHER = {"Authorization": "Bearer other"}


def test_the_tables_are_those_of_the_migration(database: TestDatabase) -> None:
    """Partitions are made by need; everything else is compared, indexes apart."""
    found = differences(database, tables.metadata)
    assert [each for each in found if not about_partition_or_index(each)] == []


def about_partition_or_index(difference: Any) -> bool:
    if not isinstance(difference, tuple):
        return False
    kind, subject = difference[0], difference[1]
    return kind in {"remove_index", "remove_constraint"} or (
        kind == "remove_table" and subject.name.startswith(("journal_", "visit_"))
    )


async def test_without_any_filter_an_organisation_reads_no_foreign_row(
    furnished_world: World,
) -> None:
    world = furnished_world
    membership = Happening(new_id())
    active = state(world.runtime, membership.id)
    await say(world.runtime, membership, MembershipActivated(membership=active))
    await world.settle()
    await scan(world)
    await world.settle()

    async def rows(organisation_id: object) -> dict[str, int]:
        subject = AuthSubject(kind="staff", organisation_id=organisation_id)
        counts = {}
        async with world.runtime.read(subject) as connection:
            for table in tables.metadata.sorted_tables:
                if table.name in {"cell", "drain"}:
                    continue  # one row for the whole platform, nobody's data
                counted = await connection.execute(sa.select(sa.func.count()).select_from(table))
                counts[table.name] = counted.scalar_one()
        return counts

    mine = await rows(MEMBER.organisation_id)
    assert {name for name, count in mine.items() if count} == {
        "location", "door", "device", "credential", "entitlement", "journal", "visit",
    }  # fmt: skip
    assert set((await rows(new_id())).values()) == {0}
    assert set((await rows(None)).values()) == {0}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/doors/{door}"),
        ("PATCH", "/doors/{door}"),
        ("POST", "/devices/{device}/disable"),
    ],
)
async def test_what_belongs_to_another_organisation_is_not_found(
    furnished_world: World, method: str, path: str
) -> None:
    world = furnished_world
    where = path.format(door=world.door_id, device=world.device)
    body = {"mode": "lockdown"} if method == "PATCH" else None
    answer = await world.client.request(method, where, headers=OTHER, json=body)
    assert problem(answer) == (404, "not_found", None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/areas", {"location_id": str(LOCATION.location_id), "name": "Pool"}),
        ("/doors", {"location_id": str(LOCATION.location_id), "name": "Back"}),
        ("/credentials", {"member_id": str(MEMBER.member_id), "kind": "pass"}),
    ],
)
async def test_nobody_adds_to_another_organisation(
    furnished_world: World, path: str, body: dict[str, object]
) -> None:
    answer = await furnished_world.client.post(path, headers=OTHER, json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "field"),
    [
        ("/doors", {"location_id": "x", "name": "A"}, 422, "invalid_input", "location_id"),
        ("/doors", {"location_id": None, "name": "A"}, 422, "invalid_input", "location_id"),
        (
            "/doors",
            {"location_id": str(LOCATION.location_id), "name": ""},
            422,
            "invalid_input",
            "name",
        ),
        (
            "/doors",
            {"location_id": str(LOCATION.location_id), "name": "A", "accepts": ["face"]},
            422,
            "invalid_input",
            "accepts.0",
        ),
        (
            "/doors",
            {"location_id": str(LOCATION.location_id), "name": "A", "extra": 1},
            422,
            "invalid_input",
            "extra",
        ),
        ("/doors", {"location_id": str(new_id()), "name": "A"}, 404, "not_found", "location_id"),
        (
            "/devices",
            {
                "location_id": str(LOCATION.location_id),
                "name": "R",
                "door_ids": [str(new_id())],
            },
            422,
            "invalid_input",
            "door_ids",
        ),
        (
            "/credentials",
            {"member_id": str(MEMBER.member_id), "kind": "card"},
            422,
            "invalid_input",
            "value",
        ),
        (
            "/credentials",
            {"member_id": str(MEMBER.member_id), "kind": "card", "value": "¡no!"},
            422,
            "invalid_input",
            "value",
        ),
        (
            "/devices/enrol",
            {"code": "0" * 20, "public_key": "AAAA"},
            422,
            "enrolment_code_unusable",
            None,
        ),
        (
            "/devices/enrol",
            {"code": "0" * 20, "public_key": "?"},
            422,
            "invalid_input",
            "public_key",
        ),
        (
            "/devices/enrol",
            {"code": "0" * 20, "public_key": "é"},
            422,
            "invalid_input",
            "public_key",
        ),
    ],
)
async def test_bad_input_is_named_by_its_field(
    furnished_world: World,
    path: str,
    body: dict[str, object],
    status: int,
    code: str,
    field: str | None,
) -> None:
    answer = await furnished_world.client.post(path, headers=DESK, json=body)
    assert problem(answer) == (status, code, field)


async def test_an_enrolment_code_works_once_and_for_a_day(furnished_world: World) -> None:
    world = furnished_world
    device = await world.client.post(
        "/devices",
        headers=DESK,
        json={
            "location_id": str(LOCATION.location_id),
            "name": "Spare",
            "door_ids": [world.door_id],
        },
    )
    answer = {
        "code": device.json()["enrolment_code"],
        "public_key": base64.b64encode(bytes(32)).decode(),
    }
    assert (await world.client.post("/devices/enrol", json=answer)).status_code == 200
    again = await world.client.post("/devices/enrol", json=answer)
    assert problem(again) == (422, "enrolment_code_unusable", None)


async def test_the_number_of_a_card_is_given_out_once_until_it_is_revoked(
    furnished_world: World,
) -> None:
    world = furnished_world
    card = {"member_id": str(MEMBER.member_id), "kind": "card", "value": "04:A2:19:7F"}
    first = await world.client.post("/credentials", headers=DESK, json=card)
    assert (first.status_code, first.json()["ending"]) == (201, "9:7F")
    taken = await world.client.post(
        "/credentials", headers=DESK, json={**card, "value": "04a2197f"}
    )
    assert problem(taken) == (409, "credential_taken", "value")

    await world.client.post(f"/credentials/{first.json()['id']}/revoke", headers=DESK)
    assert (await world.client.post("/credentials", headers=DESK, json=card)).status_code == 201


async def test_a_disabled_device_is_refused(furnished_world: World) -> None:
    world = furnished_world
    await world.client.post(f"/devices/{world.device}/disable", headers=DESK)
    await world.settle()
    answer = await world.client.post(
        "/access/checkin",
        headers={"Authorization": f"Bearer {world.session}"},
        json={"request_id": "1", "credential": {"type": "pass", "value": world.pass_value}},
    )
    assert answer.status_code == 403


async def test_a_lockdown_reaches_the_door_and_its_end_too(furnished_world: World) -> None:
    world = furnished_world
    for mode, code in (("lockdown", "DOOR_LOCKDOWN"), ("normal", "NO_ENTITLEMENT")):
        await world.client.patch(f"/doors/{world.door_id}", headers=DESK, json={"mode": mode})
        await world.settle()
        assert await scan(world) == ("deny", code)


async def test_malformed_json_is_a_problem(furnished_world: World) -> None:
    answer = await furnished_world.client.post(
        "/doors", headers={**DESK, "Content-Type": "application/json"}, content=b"{"
    )
    assert problem(answer) == (400, "malformed_json", None)


def problem(answer: httpx.Response) -> tuple[int, str, str | None]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    return body["status"], body["code"], body.get("field")


async def test_a_change_for_a_door_that_has_changed_is_refused(furnished_world: World) -> None:
    world, path = furnished_world, f"/doors/{furnished_world.door_id}"
    read = await world.client.get(path, headers=DESK)
    tag = read.headers["etag"]
    for status in (200, 412):
        answer = await world.client.patch(
            path, headers=DESK | {"If-Match": tag}, json={"mode": "lockdown"}
        )
        assert answer.status_code == status
    again = await world.client.get(path, headers=DESK | {"If-None-Match": tag})
    assert (again.status_code, again.json()["mode"]) == (200, "lockdown")
    same = await world.client.get(path, headers=DESK | {"If-None-Match": again.headers["etag"]})
    assert same.status_code == 304


async def test_answers_of_doors_come_in_pages_and_by_time(furnished_world: World) -> None:
    world = furnished_world
    for _ in range(3):
        await scan(world)
        world.runtime.clock.advance(timedelta(seconds=1))
    await world.settle()
    whole = (await world.client.get("/decisions", headers=DESK)).json()["items"]
    seen: list[int] = []
    for sort in ("-at", "at"):
        query = {"sort": sort, "limit": 2}
        first = (await world.client.get("/decisions", headers=DESK, params=query)).json()
        query["cursor"] = first["next_cursor"]
        second = (await world.client.get("/decisions", headers=DESK, params=query)).json()
        assert second["next_cursor"] is None
        seen += [each["entry"] for each in first["items"] + second["items"]]
    assert seen == [3, 2, 1, 1, 2, 3]
    stretch = {"from": whole[2]["at"], "until": whole[0]["at"]}
    found = (await world.client.get("/decisions", headers=DESK, params=stretch)).json()["items"]
    assert [each["entry"] for each in found] == [2, 1]
    slip = await world.client.get("/decisions", headers=DESK, params={"persn_id": "x"})
    assert slip.status_code == 422
