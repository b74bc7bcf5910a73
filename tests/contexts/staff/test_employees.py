"""Employees: how to reach them is sealed, and nobody else's."""

import asyncio

from sqlalchemy import select, text

from contexts.staff.conftest import ADMIN, Office
from fixtures.engines import TestDatabase
from fixtures.schema import differences
from gymhopper.chassis.auth import ANONYMOUS, SERVICE, AuthSubject
from gymhopper.contexts.staff.storage.tables import metadata
from gymhopper.contracts.staff.api import StaffApi
from gymhopper.kernel.ids import new_id


def test_the_tables_are_those_of_the_migration(database: TestDatabase) -> None:
    assert differences(database, metadata) == []


async def test_an_employee_is_read_back_as_given(office: Office) -> None:
    made = await office.employee(phone="+43 660 1234567")

    read = await office.get(f"/staff/employees/{made['id']}")
    assert read == made
    assert (read["email"], read["phone"]) == ("grace@example.com", "+43 660 1234567")
    assert read["organisation_id"] == str(office.north.id)
    listed = (await office.get("/staff/employees"))["items"]
    assert [set(each) for each in listed] == [{"id", "organisation_id", "first_name", "last_name"}]


async def test_contact_data_is_stored_sealed_only(office: Office) -> None:
    await office.employee(phone="+43 660 1234567")

    async with office.runtime.read(SERVICE) as connection:
        rows = await connection.execute(text("SELECT e::text FROM staff.employee AS e"))
        stored = "".join(rows.scalars())
    for secret in ("grace@example.com", "1234567", b"grace@example.com".hex()):
        assert secret not in stored


async def test_what_is_left_out_of_a_profile_is_deleted(office: Office) -> None:
    made = await office.employee(phone="+43 660 1234567")

    body = {"first_name": "Ada", "last_name": "Byron"}
    changed = await office.call("PUT", f"/staff/employees/{made['id']}", body)

    assert (changed["first_name"], changed["email"], changed["phone"]) == ("Ada", None, None)
    assert await office.get(f"/staff/employees/{made['id']}") == changed


async def test_a_change_is_for_the_version_that_was_seen(office: Office) -> None:
    made = await office.employee()
    path = f"/api/v1/staff/employees/{made['id']}"
    desk = {"Authorization": "Bearer owner"}
    seen = (await office.http.get(path, headers=desk)).headers["ETag"]
    body = {"first_name": "Ada", "last_name": "Byron"}

    answers = await asyncio.gather(
        *(office.http.put(path, json=body, headers=desk | {"If-Match": seen}) for _ in range(2))
    )
    assert sorted(each.status_code for each in answers) == [200, 412]
    [late] = [each for each in answers if each.status_code == 412]
    assert late.json()["code"] == "version_mismatch"
    [changed] = [each for each in answers if each.status_code == 200]
    assert changed.headers["ETag"] != seen
    assert (await office.http.get(path, headers=desk)).headers["ETag"] == changed.headers["ETag"]


async def test_one_organisation_sees_and_changes_nothing_of_another(office: Office) -> None:
    made = await office.employee()
    held = await office.grant(made, "instructor")
    path = f"/staff/employees/{made['id']}"
    body = {"first_name": "Eve", "last_name": "Mallory"}

    await office.get(path, by="south", expect=404)
    await office.call("PUT", path, body, by="south", expect=404)
    await office.grant(made, "instructor", by="south", expect=404)
    await office.end(held, by="south", expect=404)
    assert (await office.get("/staff/employees", by="south"))["items"] == []
    assert (await office.get("/staff/assignments", by="south"))["items"] == []
    foreign = {**body, "organisation_id": str(office.north.id)}
    await office.post("/staff/employees", foreign, by="south", expect=404)


async def test_without_any_filter_an_organisation_reads_no_foreign_row(office: Office) -> None:
    for by in ("owner", "south"):
        await office.grant(await office.employee(by=by), "instructor", by=by)
    north = AuthSubject(kind="staff", organisation_id=office.north.id)

    for table in metadata.tables.values():
        async with office.runtime.read(north) as connection:
            seen = {row.organisation_id for row in await connection.execute(select(table))}
        assert seen == {office.north.id}, table.name
        async with office.runtime.read(ANONYMOUS) as connection:
            assert not (await connection.execute(select(table))).all()


async def test_nobody_moves_the_address_of_who_may_do_more(office: Office) -> None:
    boss, colleague = await office.employee(), await office.employee()
    await office.grant(boss, "owner")
    await office.grant(colleague, "manager")
    body = {"first_name": "Grace", "last_name": "Hopper", "email": "mine@example.com"}

    refused = await office.call(
        "PUT", f"/staff/employees/{boss['id']}", body, by="manager", expect=403
    )
    assert refused["code"] == "role_exceeds_yours"
    elsewhere = await office.call(
        "PUT", f"/staff/employees/{colleague['id']}", body, by="manager_here", expect=403
    )
    assert elsewhere["code"] == "not_your_place"
    assert (await office.get(f"/staff/employees/{boss['id']}"))["email"] == "grace@example.com"
    await office.call("PUT", f"/staff/employees/{colleague['id']}", body, by="manager")


async def test_scopes_are_asked_for(office: Office) -> None:
    made = await office.employee()
    body = {"first_name": "Ada", "last_name": "Byron"}

    for by in ("front_desk", "support"):
        refused = await office.post("/staff/employees", body, by=by, expect=403)
        assert refused["code"] == "scope_missing"
        await office.grant(made, "kiosk", by=by, expect=403)
    await office.get("/staff/employees", by="front_desk", expect=403)
    await office.get("/staff/employees", by="support")


async def test_bad_input_is_named_by_its_field(office: Office) -> None:
    good = {"first_name": "Grace", "last_name": "Hopper"}
    for change, field in [
        ({"first_name": " "}, "first_name"),
        ({"last_name": "a\u0000b"}, "last_name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"surprise": 1}, "surprise"),
    ]:
        refused = await office.post("/staff/employees", good | change, expect=422)
        assert refused["field"] == field, change
    refused = await office.post("/staff/employees", good, by=ADMIN, expect=422)
    assert refused["field"] == "organisation_id"
    unknown = good | {"organisation_id": str(new_id())}
    await office.post("/staff/employees", unknown, by=ADMIN, expect=404)
    assert (await office.get("/staff/employees", by=ADMIN))["items"] == []


async def test_pages_follow_each_other_without_gap_or_repeat(office: Office) -> None:
    made = [await office.employee(last_name=f"No {n}") for n in range(5)]

    seen: list[str] = []
    query = "?limit=2"
    while True:
        page = await office.get(f"/staff/employees{query}")
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=2&cursor={page['next_cursor']}"
    assert seen == [each["id"] for each in made]


async def test_others_learn_how_to_reach_an_employee_and_what_they_hold(office: Office) -> None:
    made = await office.employee()
    await asyncio.gather(
        office.grant(made, "instructor", location_id=office.north.here),
        office.grant(made, "accountant", start="2030-01-01T00:00:00Z"),
    )
    await office.end(await office.grant(made, "kiosk"))
    api = office.runtime.api(StaffApi)

    found = await api.employee(employee_id=made["id"])
    assert found is not None
    assert (found.organisation_id, found.email) == (office.north.id, "grace@example.com")
    assert {(each.role, each.location_id) for each in found.held} == {
        ("instructor", office.north.here),
        ("accountant", None),
    }
    assert await api.employee(employee_id=new_id()) is None
