"""Every write of people and their programs leaves an entry, in its own transaction."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from contexts.audit.conftest import House, acting
from gymhopper.chassis.auth import ANONYMOUS, SERVICE
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.kernel.ids import new_id

pytestmark = pytest.mark.usefixtures("house")


async def test_a_write_tells_who_what_when_from_where_and_whom_it_concerns(house: House) -> None:
    member = await house.member(first_name="Grace", email="grace@example.org")
    (entry,) = await house.entries()
    manager = house.callers["north"]
    assert (entry.actor, entry.role) == (f"staff:{manager.id}", "manager")
    assert (entry.session_id, entry.assignment_id) == (manager.session_id, manager.assignment_id)
    assert (entry.action, entry.operation) == ("wrote", "register_member")
    assert (entry.method, entry.path) == ("POST", "/members/register")
    assert (entry.organisation_id, entry.at) == (house.north, house.runtime.clock.now())
    assert entry.address == "127.0.0.1"
    assert entry.user_agent.startswith("python-httpx/")
    assert entry.persons == (UUID(member["person_id"]),)
    assert {(each.kind, each.what) for each in entry.changes} == {
        ("membership.person", "created"),
        ("membership.person_key", "created"),
        ("membership.member", "created"),
        ("membership.agreement", "created"),
    }
    assert [each.type for each in entry.events] == ["membership.member.registered.v1"]


async def test_a_change_tells_before_and_after(house: House) -> None:
    made = await house.call(
        "POST",
        "/locations",
        by="north",
        expect=201,
        json={
            "legal_entity_id": str(house.seller),
            "name": "Mitte",
            "zone": "Europe/Berlin",
            "country": "DE",
            "city": "Berlin",
            "tier": 2,
            "latitude": 52.52,
            "longitude": 13.4,
        },
    )
    await house.call("PATCH", f"/locations/{made['id']}", by="north", json={"tier": 3, "name": "B"})
    *_, entry = await house.entries(thing_id=UUID(made["id"]))
    (change,) = entry.changes
    assert (change.kind, change.id, change.what) == ("venues.location", UUID(made["id"]), "changed")
    assert change.fields["tier"] == {"before": 2, "after": 3}
    assert change.fields["name"] == {"before": "Mitte", "after": "B"}
    assert set(change.fields) == {"tier", "name", "version"}
    assert entry.path == "/locations/{location_id}"


async def test_personal_data_is_said_to_have_changed_and_not_copied(house: House) -> None:
    member = await house.member(first_name="Grace", email="grace@example.org")
    await house.call(
        "PUT",
        f"/members/{member['id']}/profile",
        by="north",
        json={"first_name": "Margaret", "last_name": "Hamilton", "phone": "+43 660 1234567"},
    )
    *_, entry = await house.entries()
    (change,) = (each for each in entry.changes if each.kind == "membership.person")
    hidden = {"first_name", "last_name", "contact", "email_index", "phone_index"}
    assert all(change.fields[name] == {"changed": True} for name in hidden)


async def test_a_write_that_is_rolled_back_leaves_no_entry(house: House) -> None:
    subject = acting(house.callers["north"])

    async def fail() -> None:
        async with house.runtime.begin(subject) as uow:
            uow.note("venues.location", new_id(), after={"tier": 1})
            await uow.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await house.entries() == []


async def test_what_a_savepoint_took_back_is_not_told(house: House) -> None:
    async with house.runtime.begin(acting(house.callers["north"])) as uow:
        kept = new_id()
        uow.note("venues.location", kept, after={"tier": 1})

        async def fail() -> None:
            async with uow.attempt():
                uow.note("venues.location", new_id(), after={"tier": 2})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
    (entry,) = await house.entries()
    assert [each.id for each in entry.changes] == [kept]


async def test_a_write_past_the_session_leaves_an_entry_all_the_same(house: House) -> None:
    async with house.runtime.begin(acting(house.callers["north"])) as uow:
        await uow.connection.execute(
            text("UPDATE venues.legal_entity SET country = 'AT' WHERE id = :id"),
            {"id": house.seller},
        )
    (entry,) = await house.entries()
    assert (entry.action, entry.changes) == ("wrote", ())


async def test_a_unit_of_work_that_only_read_leaves_none(house: House) -> None:
    async with house.runtime.begin(acting(house.callers["north"])) as uow:
        await uow.connection.execute(text("SELECT count(*) FROM venues.location"))
    assert await house.entries() == []


async def test_a_refused_request_leaves_none(house: House) -> None:
    await house.call(
        "POST", "/members/register", by="north", expect=422, json={"first_name": "Ada"}
    )
    await house.call("PATCH", f"/locations/{new_id()}", by="north", expect=404, json={"tier": 1})
    assert await house.entries() == []


@pytest.mark.parametrize("subject", [SERVICE, ANONYMOUS])
async def test_the_platforms_own_work_leaves_none(house: House, subject) -> None:
    async with house.runtime.begin(subject) as uow:
        uow.note("venues.location", new_id(), after={"tier": 1})
    assert await house.entries() == []


async def test_what_an_administrator_does_is_seen_by_the_organisation_it_was_done_to(
    house: House,
) -> None:
    await house.member(by="admin", organisation_id=str(house.south))
    (entry,) = await house.entries(acting(house.callers["south"]))
    assert (entry.organisation_id, entry.operation) == (house.south, "register_member")
    assert await house.entries(acting(house.callers["north"])) == []


async def test_one_transaction_for_two_organisations_tells_each_its_own(house: House) -> None:
    async with house.runtime.begin(acting(house.callers["north"], organisation_id=None)) as uow:
        ours, theirs, shared = new_id(), new_id(), new_id()
        uow.note("a.thing", ours, organisation_id=house.north)
        uow.note("a.thing", theirs, organisation_id=house.south)
        uow.note("a.thing", shared)
    for tenant, seen in ((house.north, ours), (house.south, theirs), (None, shared)):
        (entry,) = [each for each in await house.entries() if each.organisation_id == tenant]
        assert [each.id for each in entry.changes] == [seen]


async def test_another_organisation_sees_nothing_and_the_person_sees_its_own(house: House) -> None:
    member = await house.member()
    await house.plan()
    assert len(await house.entries(acting(house.callers["north"]))) == 2
    assert await house.entries(acting(house.callers["south"])) == []
    person = acting(
        house.callers["north"],
        kind="member",
        organisation_id=None,
        person_id=UUID(member["person_id"]),
        within=(house.north,),
    )
    assert [each.operation for each in await house.entries(person)] == ["register_member"]
    for gyms in ((), (house.callers["south"].organisation_id,)):
        assert await house.entries(replace(person, within=gyms)) == []


async def test_a_row_that_is_flushed_twice_is_told_once(house: House) -> None:
    member = await house.member()
    async with house.runtime.begin(acting(house.callers["north"])) as uow:
        found = await uow.get(Member, UUID(member["id"]))
        for status in ("archived", "active", "archived"):
            found.status = status
            found.external_ref = status
            await uow.flush()
    *_, entry = await house.entries()
    (change,) = entry.changes
    assert change.fields["status"] == {"before": "active", "after": "archived"}
    assert change.fields["external_ref"] == {"changed": True}


async def test_many_changes_are_counted_instead_of_told(house: House) -> None:
    async with house.runtime.begin(acting(house.callers["north"])) as uow:
        for _ in range(5000):
            uow.note("a.thing", new_id(), after={"x": 1})
    (entry,) = await house.entries()
    assert len(entry.changes) == 200
    assert entry.detail == {"and": {"a.thing created": 4800}}


@pytest.mark.parametrize(
    "agent", ["\\u0000", "\\\\u0000", "a\\", 'quote"', "'; DROP", "\x7f", "ü", ""]
)
async def test_a_header_that_could_do_harm_is_only_text(house: House, agent: str) -> None:
    await house.call(
        "POST",
        "/plans",
        by="north",
        expect=201,
        headers={b"User-Agent": agent.encode("latin-1")},
        json={
            "legal_entity_id": str(house.seller),
            "name": "A",
            "coverage": {"include": [{}]},
            "prices": [],
        },
    )
    (entry,) = await house.entries()
    assert (entry.user_agent or "") == agent
