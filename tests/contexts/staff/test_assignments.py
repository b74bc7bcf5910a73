"""Who may give whom which role, where, and for how long."""

import asyncio
from datetime import timedelta

import pytest

from contexts.staff.conftest import ADMIN, Office
from gymhopper.contracts.staff.events import AssignmentEnded, AssignmentGranted
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


async def test_a_role_is_granted_from_now_on_for_good(office: Office, clock: ManualClock) -> None:
    made = await office.employee()
    held = await office.grant(made, "manager")

    assert (held["role"], held["until"], held["location_id"]) == ("manager", None, None)
    [told] = await office.told()
    assert told.organisation_id == office.north.id
    assert told.data == AssignmentGranted(
        assignment_id=told.aggregate_id,
        employee_id=told.data.employee_id,
        organisation_id=office.north.id,
        role="manager",
        start=clock.now(),
    )
    assert str(told.aggregate_id) == held["id"]


async def test_a_location_comes_with_its_legal_entity(office: Office) -> None:
    made = await office.employee()
    held = await office.grant(made, "manager", location_id=office.north.here)

    assert held["legal_entity_id"] == str(office.north.entity)
    refused = await office.grant(
        made,
        "manager",
        location_id=office.north.here,
        legal_entity_id=office.north.other_entity,
        expect=422,
    )
    assert refused["field"] == "legal_entity_id"


@pytest.mark.parametrize("place", ["location_id", "legal_entity_id"])
async def test_a_foreign_place_is_as_if_there_were_none(office: Office, place: str) -> None:
    made = await office.employee()
    foreign = office.south.here if place == "location_id" else office.south.entity

    for each in (foreign, new_id()):
        refused = await office.grant(made, "manager", **{place: each}, expect=404)
        assert refused["field"] == place


@pytest.mark.parametrize(
    ("by", "role", "code"),
    [
        ("manager", "owner", "role_exceeds_yours"),
        ("manager", "network_operator", "role_not_here"),
        ("owner", "network_operator", "role_not_here"),
        ("owner", "caretaker", "invalid_input"),
        ("owner", "member", "invalid_input"),
    ],
)
async def test_nobody_grants_what_they_have_not(
    office: Office, by: str, role: str, code: str
) -> None:
    made = await office.employee()
    expect = {"role_exceeds_yours": 403, "role_not_here": 409}.get(code, 422)

    assert (await office.grant(made, role, by=by, expect=expect))["code"] == code
    assert await office.told() == []


@pytest.mark.parametrize("role", ["manager", "front_desk", "instructor", "kiosk", "accountant"])
async def test_a_manager_grants_what_a_manager_may_do(office: Office, role: str) -> None:
    await office.grant(await office.employee(), role, by="manager")


async def test_roles_of_networks_are_granted_at_operators_only(office: Office) -> None:
    there = await office.employee(by="operator")
    await office.grant(there, "network_operator", by="operator")

    refused = await office.grant(there, "partner_manager", by="operator", expect=409)
    assert refused["code"] == "role_not_here"
    await office.grant(await office.employee(), "partner_manager")


async def test_nobody_grants_or_ends_beyond_their_own_place(office: Office) -> None:
    north, made = office.north, await office.employee()
    here, there = {"location_id": north.here}, {"location_id": north.there}
    entity, other = {"legal_entity_id": north.entity}, {"legal_entity_id": north.other_entity}

    allowed = {"manager_here": [here], "manager_entity": [here, there, entity]}
    for by, places in allowed.items():
        for place in ({}, here, there, entity, other):
            if place in places:
                held = await office.grant(made, "front_desk", by=by, **place)
                await office.end(held, by=by)
                continue
            refused = await office.grant(made, "front_desk", by=by, **place, expect=403)
            assert refused["code"] == "not_your_place", (by, place)
            held = await office.grant(made, "front_desk", **place)
            refused = await office.end(held, by=by, expect=403)
            assert refused["code"] == "not_your_place", (by, place)


async def test_a_manager_does_not_end_an_owner(office: Office) -> None:
    held = await office.grant(await office.employee(), "owner")
    await office.grant(await office.employee(), "owner")

    refused = await office.end(held, by="manager", expect=403)
    assert refused["code"] == "role_exceeds_yours"


async def test_an_assignment_ends_once_and_only_ever_earlier(
    office: Office, clock: ManualClock
) -> None:
    held = await office.grant(await office.employee(), "manager")
    later = (clock.now() + timedelta(days=30)).isoformat()
    sooner = (clock.now() + timedelta(days=10)).isoformat()

    await office.end(held, at=later)
    await office.end(held, at=sooner)
    unchanged = await office.end(held, at=later)
    assert unchanged["until"].startswith(sooner[:19])
    yesterday = (clock.now() - timedelta(days=1)).isoformat()
    assert (await office.end(held, at=yesterday, expect=422))["field"] == "at"
    clock.advance(timedelta(days=11))
    assert (await office.end(held, expect=409))["code"] == "assignment_over"
    ended = [each.data for each in await office.told() if isinstance(each.data, AssignmentEnded)]
    assert [each.until.isoformat() for each in ended] == [later, sooner]


async def test_one_that_is_ended_before_it_begins_never_begins(
    office: Office, clock: ManualClock
) -> None:
    start = (clock.now() + timedelta(days=7)).isoformat()
    held = await office.grant(await office.employee(), "manager", start=start)

    ended = await office.end(held)
    assert ended["until"] == ended["start"]


async def test_the_last_owner_stays(office: Office, clock: ManualClock) -> None:
    first, second = await office.employee(), await office.employee()
    held = await office.grant(first, "owner")
    refused = await office.end(held, expect=409)
    assert refused["code"] == "last_owner"
    soon = (clock.now() + timedelta(days=3)).isoformat()
    assert (await office.end(held, at=soon, expect=409))["code"] == "last_owner"

    # Owners for a while, of a part, or from later on do not stand in for one for good.
    await office.grant(second, "owner", until=soon)
    await office.grant(second, "owner", location_id=office.north.here)
    later = await office.grant(second, "owner", start=soon)
    assert (await office.end(held, expect=409))["code"] == "last_owner"
    await office.end(held, at=soon)
    assert (await office.end(later, expect=409))["code"] == "last_owner"
    await office.end(later, by=ADMIN)


async def test_two_owners_who_end_each_other_at_once_leave_one(office: Office) -> None:
    held = [await office.grant(await office.employee(), "owner") for _ in range(2)]

    answers = await asyncio.gather(
        *(
            office.http.post(
                f"/api/v1/staff/assignments/{each['id']}/end",
                json={},
                headers={"Authorization": "Bearer owner"},
            )
            for each in held
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 409]


async def test_what_is_over_is_listed_only_when_asked_for(office: Office) -> None:
    made = await office.employee()
    kept, gone = await office.grant(made, "manager"), await office.grant(made, "kiosk")
    other = await office.grant(await office.employee(), "kiosk")
    await office.end(gone)

    async def listed(query: str) -> set[str]:
        return {each["id"] for each in (await office.get(f"/staff/assignments{query}"))["items"]}

    assert await listed("") == {kept["id"], other["id"]}
    assert await listed(f"?employee_id={made['id']}") == {kept["id"]}
    assert await listed("?role=kiosk&over=true") == {gone["id"], other["id"]}


async def test_bad_dates_are_named(office: Office, clock: ManualClock) -> None:
    made, now = await office.employee(), clock.now().isoformat()

    assert (await office.grant(made, "kiosk", until=now, expect=422))["field"] == "until"
    assert (await office.grant(made, "kiosk", start="soon", expect=422))["field"] == "start"
    naive = "2026-03-02T09:00:00"
    assert (await office.grant(made, "kiosk", start=naive, expect=422))["field"] == "start"
    assert (await office.grant(made, "Kiosk!", expect=422))["field"] == "role"
    await office.grant({"id": new_id()}, "kiosk", expect=404)
