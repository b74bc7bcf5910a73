"""Who is shown a person's delicate data is in the log before the answer goes out."""

import asyncio
from uuid import UUID

import psycopg
import pytest

from contexts.audit.conftest import House, acting
from fixtures.callers import ADMIN
from gymhopper.chassis.audit.acts import Act, entry_of
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database
from gymhopper.kernel.ids import new_id


async def test_opening_a_members_contact_data_is_told(house: House) -> None:
    member = await house.member()
    await house.call("GET", f"/members/{member['id']}", by="north")
    (entry,) = await house.entries(action="looked")
    assert (entry.operation, entry.path) == ("get_member", "/members/{member_id}")
    assert entry.persons == (UUID(member["person_id"]),)
    assert [(each.kind, each.id, each.what) for each in entry.changes] == [
        ("membership.member", UUID(member["id"]), "looked_at")
    ]


async def test_an_administrators_look_is_seen_by_the_gym(house: House) -> None:
    member = await house.member()
    await house.call("GET", f"/members/{member['id']}", by=ADMIN)
    (entry,) = await house.entries(acting(house.callers["north"]), action="looked")
    assert entry.organisation_id == house.north


async def test_a_look_that_finds_nothing_leaves_nothing(house: House) -> None:
    await house.call("GET", f"/members/{new_id()}", by="north", expect=404)
    assert await house.entries() == []


async def test_who_looks_at_their_own_record_leaves_no_trace(house: House) -> None:
    person = new_id()
    own = acting(house.callers["north"], kind="member", person_id=person)
    await house.runtime.looked_at(own, person)
    await house.runtime.looked_at(SERVICE, person)
    assert await house.entries() == []


async def test_concurrent_looks_share_transactions_and_none_is_lost(house: House) -> None:
    subject = acting(house.callers["north"])
    people = [new_id() for _ in range(200)]
    await asyncio.gather(*(house.runtime.looked_at(subject, each) for each in people))
    entries = await house.entries(action="looked")
    assert {each.persons[0] for each in entries} == set(people)
    with psycopg.connect(house.database.superuser_url) as connection:
        (many,) = connection.execute(
            "SELECT count(DISTINCT xmin::text) FROM audit.entry WHERE action = 'looked'"
        ).fetchone()
    assert many <= 5


async def test_a_look_that_cannot_be_told_is_not_answered(house: House) -> None:
    member = await house.member()
    looks, at_home = house.runtime.looks, house.runtime.looks._database
    looks._database = Database("postgresql://nobody@/nothing?host=/nowhere")
    await house.call("GET", f"/members/{member['id']}", by="north", expect=503)
    looks._database = at_home
    await house.call("GET", f"/members/{member['id']}", by="north")
    assert len(await house.entries(action="looked")) == 1


async def test_who_gives_up_waiting_takes_nobody_along(house: House) -> None:
    looks = house.runtime.looks
    subject = acting(house.callers["north"])
    now = house.runtime.clock.now()

    def look() -> asyncio.Task[None]:
        entry = entry_of(Act(action="looked"), subject, now)
        return asyncio.create_task(looks.write(entry))

    tasks = [look() for _ in range(10)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in results].count(asyncio.CancelledError) == 1
    # Whose request was cut off may have been shown something: the entry may stay.
    assert len(await house.entries(action="looked")) in {9, 10}


@pytest.mark.parametrize("kind", ["device", "anonymous"])
async def test_doors_and_strangers_are_not_told_of(house: House, kind: str) -> None:
    await house.runtime.looked_at(acting(house.callers["north"], kind=kind), new_id())
    assert await house.entries() == []
