"""A human being who is registered twice is found, and made one member."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select

from fixtures.engines import TestDatabase
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.domain.person import Contact
from gymhopper.contexts.membership.storage import people_tables, tables
from gymhopper.contexts.membership.storage.invariants import INVARIANTS
from gymhopper.contexts.membership.usecases.import_member import ImportedMember, import_members
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.events import MembersMerged

ADA = {"email": "ada@example.org", "phone": "+43 660 1234567", "birth_date": "1990-12-10"}
CALLED = {"name": "Grace", "phone": "0660 1234567", "relation": None}


async def pairs(gym: Any, **query: Any) -> dict[tuple[str, str], list[str]]:
    items = (await gym.get("/members/duplicates", **query))["items"]
    return {(each["first"]["id"], each["second"]["id"]): each["reasons"] for each in items}


async def merge(gym: Any, into: Any, duplicate: Any, **more: Any) -> Any:
    dry = {"Dry-Run": "true"} if more.get("dry_run") else {}
    body = {"duplicate_id": duplicate["id"]}
    answer = await gym.http.post(f"/api/v1/members/{into['id']}/merge", json=body, headers=dry)
    assert answer.status_code == more.get("expect", 200), answer.text
    return answer.json()


async def sold(gym: Any, member: Any) -> Any:
    order = gym.order(await gym.plan())
    bought = await gym.post(f"/members/{member['id']}/memberships", order)
    await gym.paid(bought["id"])
    return bought


async def holds_together(gym: Any) -> None:
    async with gym.runtime.read(SERVICE) as connection:
        for sentence, query in INVARIANTS.items():
            assert (await connection.exec_driver_sql(query)).scalar() == 0, sentence


async def test_candidates_are_told_with_their_reasons(town: Any) -> None:
    gym = town.ours
    ada = await gym.member(**ADA)
    same_mail = await gym.member(first_name="Augusta", email="ADA@example.org")
    same_phone = await gym.member(first_name="Bob", phone="0043 660-123 45 67")
    alike = await gym.member(first_name="Ada", last_name="Bayron", birth_date="1990-12-10")
    swapped = await gym.member(first_name="Byron", last_name="Ada", birth_date="1990-12-10")
    await gym.member(first_name="Zoe", last_name="Byron", birth_date="1990-12-10")
    await gym.member()
    await town.theirs.member(**ADA)
    assert await pairs(gym) == {
        (ada["id"], same_mail["id"]): ["email"],
        (ada["id"], same_phone["id"]): ["phone"],
        (ada["id"], alike["id"]): ["birth_date_and_name"],
        (ada["id"], swapped["id"]): ["birth_date_and_name"],
        (alike["id"], swapped["id"]): ["birth_date_and_name"],
    }
    assert await pairs(town.theirs) == {}
    ours = str(gym.organisation_id)
    assert await pairs(town.admin, organisation_id=ours) == await pairs(gym)
    await town.theirs.get("/members/duplicates", organisation_id=ours, expect=404)


async def test_candidates_come_in_pages(gym: Any) -> None:
    made = [await gym.member(email="family@example.org") for _ in range(4)]
    seen, cursor = [], {}
    while True:
        page = await gym.get("/members/duplicates", limit=2, **cursor)
        seen += [(each["first"]["id"], each["second"]["id"]) for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    ids = [each["id"] for each in made]
    assert seen == [(a, b) for n, a in enumerate(ids) for b in ids[n + 1 :]]


async def test_all_that_the_gym_has_becomes_the_survivors(gym: Any) -> None:
    ada, twin = await gym.member(**ADA), await gym.member(email="ada@example.org")
    mine, other = await sold(gym, ada), await sold(gym, twin)
    frozen = await gym.post(f"/memberships/{other['id']}/freezes", {})
    for member, word in ((ada, "vip"), (twin, "climber")):
        path = f"/members/{member['id']}"
        await gym.post(f"{path}/notes", {"text": f"A {word}."})
        await gym.http.patch(f"/api/v1{path}/tags", json={"set": [word]})
    await gym.http.put(f"/api/v1/members/{twin['id']}/emergency-contact", json=CALLED)
    before = await gym.get(f"/members/{ada['id']}")

    told = await merge(gym, ada, twin)
    assert told["moved"] == {
        "memberships": 1,
        "notes": 1,
        "guest_passes": 0,
        "sponsored": 0,
        "redemptions": 0,
        "agreements": 2,
        "signatures": 0,
    }
    assert (told["tags"], told["emergency_contact"]) == (["climber"], True)
    after = await gym.get(f"/members/{ada['id']}")
    assert set(after["membership_ids"]) == {mine["id"], other["id"]}
    assert after["tags"] == ["climber", "vip"]
    assert after["email"] == before["email"]
    assert after["version"] > before["version"]
    notes = (await gym.get(f"/members/{ada['id']}/notes"))["items"]
    assert {each["text"] for each in notes} == {"A vip.", "A climber."}
    assert await gym.get(f"/members/{ada['id']}/emergency-contact") == CALLED
    moved = await gym.get(f"/memberships/{other['id']}")
    assert (moved["member_id"], moved["person_id"]) == (ada["id"], ada["person_id"])
    assert [each["id"] for each in moved["overlays"]] == [frozen["id"]]
    assert await pairs(gym) == {}
    assert (await gym.get(f"/members/{twin['id']}"))["id"] == ada["id"], "the old id leads there"
    async with gym.runtime.read(SERVICE) as connection:
        for table in (tables.membership, tables.overlay, tables.agreement, tables.member):
            count = select(func.count()).where(table.c.person_id == UUID(twin["person_id"]))
            assert (await connection.execute(count)).scalar() == 0, table.name
    await holds_together(gym)


async def test_the_survivor_is_told_to_others(gym: Any) -> None:
    ada, twin = await gym.member(), await gym.member()
    await merge(gym, ada, twin)
    event = (await gym.told(ada["id"]))[-1].data
    assert event == MembersMerged(
        member_id=UUID(ada["id"]),
        person_id=UUID(ada["person_id"]),
        merged_member_id=UUID(twin["id"]),
        merged_person_id=UUID(twin["person_id"]),
        organisation_id=gym.organisation_id,
    )
    api = gym.runtime.api(MembershipApi)
    for each in (ada, twin):
        found = await api.member(member_id=UUID(each["id"]))
        assert (str(found.member_id), str(found.person_id)) == (ada["id"], ada["person_id"])


async def test_a_dry_run_tells_the_same_and_changes_nothing(gym: Any) -> None:
    ada, twin = await gym.member(), await gym.member()
    await sold(gym, twin)
    before, told = await gym.get(f"/members/{ada['id']}"), await gym.told()
    preview = await merge(gym, ada, twin, dry_run=True)
    assert await gym.get(f"/members/{ada['id']}") == before
    assert (await gym.get(f"/members/{twin['id']}"))["id"] == twin["id"]
    assert await gym.told() == told
    assert await merge(gym, ada, twin) == preview


async def test_a_merge_is_meant_for_the_survivor_that_was_seen(gym: Any) -> None:
    ada, twin = await gym.member(), await gym.member()
    path = f"/api/v1/members/{ada['id']}"
    seen = (await gym.http.get(path)).headers["etag"]
    await gym.http.patch(f"{path}/tags", json={"set": ["vip"]})
    body = {"duplicate_id": twin["id"]}
    late = await gym.http.post(f"{path}/merge", json=body, headers={"If-Match": seen})
    assert late.status_code == 412
    seen = (await gym.http.get(path)).headers["etag"]
    done = await gym.http.post(f"{path}/merge", json=body, headers={"If-Match": seen})
    assert done.status_code == 200
    assert done.headers["etag"] == (await gym.http.get(path)).headers["etag"]


async def test_what_cannot_be_merged_is_refused(town: Any) -> None:
    ada, theirs = await town.ours.member(), await town.theirs.member()
    assert (await merge(town.ours, ada, ada, expect=422))["code"] == "same_member"
    await merge(town.ours, ada, theirs, expect=404)
    await merge(town.theirs, ada, theirs, expect=404)
    await merge(town.admin, ada, theirs, expect=404)
    twin = await town.ours.member()
    await merge(town.ours, ada, twin)
    await merge(town.ours, ada, twin, expect=404)
    await merge(town.ours, twin, ada, expect=404)


async def test_of_two_who_merge_crosswise_at_once_one_wins(gym: Any) -> None:
    ada, twin = await gym.member(), await gym.member()
    await sold(gym, twin)
    await sold(gym, ada)
    answers = await asyncio.gather(
        *(
            gym.http.post(
                f"/api/v1/members/{into['id']}/merge", json={"duplicate_id": duplicate["id"]}
            )
            for into, duplicate in ((ada, twin), (twin, ada))
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 404]
    found = await gym.get(f"/members/{ada['id']}")
    assert len(found["membership_ids"]) == 2
    await holds_together(gym)


async def test_who_was_merged_into_somebody_follows_that_ones_merge(gym: Any) -> None:
    first, second, third = [await gym.member() for _ in range(3)]
    await merge(gym, second, third)
    await merge(gym, first, second)
    for each in (first, second, third):
        assert (await gym.get(f"/members/{each['id']}"))["id"] == first["id"]
    await holds_together(gym)


async def test_a_later_payment_for_what_moved_finds_it(gym: Any) -> None:
    ada, twin = await gym.member(), await gym.member()
    order = gym.order(await gym.plan())
    bought = await gym.post(f"/members/{twin['id']}/memberships", order)
    await merge(gym, ada, twin)
    await gym.paid(bought["id"])
    state = (await gym.told(bought["id"]))[-1].data.membership
    assert (state.contract, str(state.person_id)) == ("active", ada["person_id"])


@pytest.mark.parametrize("late", [True, False])
async def test_a_venue_knows_the_guest_as_the_survivor(town: Any, *, late: bool) -> None:
    gym = town.ours
    ada, twin = await gym.member(first_name="Ada"), await gym.member(first_name="Augusta")

    async def visit() -> None:
        await town.theirs.visited(UUID(twin["person_id"]), home=gym.organisation_id)

    if not late:
        await visit()
    await merge(gym, ada, twin)
    await gym.deliver()
    if late:
        await visit()
    guests = (await town.theirs.get("/network-visitors"))["items"]
    assert [each["first_name"] for each in guests] == ["Ada"]


async def test_an_import_that_is_repeated_knows_who_was_merged(gym: Any) -> None:
    plan = await gym.plan()
    row = ImportedMember(
        external_ref="A-1",
        first_name="Ada",
        last_name="Byron",
        plan_id=UUID(plan["id"]),
        price_id=UUID(plan["prices"][0]["id"]),
        since=date(2026, 1, 1),
        paid_until=gym.clock.now(),
        contact=Contact(),
    )

    async def imported() -> Any:
        async with gym.runtime.begin(SERVICE) as uow:
            (outcome,) = await import_members(uow, gym.organisation_id, [row])
        return outcome

    first = await imported()
    ada = await gym.member()
    told = await merge(gym, ada, {"id": str(first.member_id)})
    assert told["external_ref"]
    assert (await gym.get(f"/members/{ada['id']}"))["external_ref"] == "A-1"
    again = await imported()
    assert (str(again.member_id), again.already_there) == (ada["id"], True)


@pytest.mark.parametrize("known_elsewhere", [True, False])
async def test_no_gym_learns_that_somebody_is_known_elsewhere(
    town: Any, database: TestDatabase, *, known_elsewhere: bool
) -> None:
    """The answers are the same, and the other gym keeps what it had."""
    ada, twin = await town.ours.member(**ADA), await town.ours.member(email="ada@example.org")
    theirs = await town.theirs.member()
    if known_elsewhere:
        with psycopg.connect(database.superuser_url) as connection:
            for table in ("member", "agreement"):
                connection.execute(
                    f"UPDATE membership.{table} SET person_id = %s WHERE person_id = %s",  # noqa: S608 - our own tables
                    [twin["person_id"], theirs["person_id"]],
                )
    before = await town.theirs.get(f"/members/{theirs['id']}")
    preview = await merge(town.ours, ada, twin, dry_run=True)
    assert preview["moved"] == {
        "memberships": 0,
        "notes": 0,
        "guest_passes": 0,
        "sponsored": 0,
        "redemptions": 0,
        "agreements": 1,
        "signatures": 0,
    }
    assert await merge(town.ours, ada, twin) == preview
    assert await town.theirs.get(f"/members/{theirs['id']}") == before
    assert await pairs(town.ours) == {}
    async with town.ours.runtime.read(SERVICE) as connection:
        merged = people_tables.merged_member.c
        assert (await connection.scalars(select(merged.organisation_id))).all() == [
            town.ours.organisation_id
        ]
