"""Registration, profiles and the desk's search."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.storage import tables
from gymhopper.contracts.membership.events import MemberRegistered

ADDRESS = {"lines": ["Ring 1"], "city": "Wien", "country": "AT", "postal_code": "1010"}
CONTACT = {
    "email": "Ada@Example.org",
    "phone": "+43 660 1234567",
    "birth_date": "1990-12-10",
    "address": ADDRESS,
}


async def test_a_member_can_be_read_as_registered(gym: Any) -> None:
    created = await gym.member(**CONTACT)
    found = await gym.get(f"/members/{created['id']}")
    assert found["number"] == created["number"] == "1"
    assert {key: found[key] for key in CONTACT} == CONTACT | {"address": ADDRESS | {"region": None}}
    assert found["membership_ids"] == []
    [told] = await gym.told(created["id"])
    assert told.data == MemberRegistered(
        member_id=UUID(created["id"]),
        person_id=UUID(created["person_id"]),
        organisation_id=gym.organisation_id,
    )


async def test_contact_data_is_nowhere_in_the_clear(gym: Any) -> None:
    created = await gym.member(**CONTACT)
    async with gym.runtime.read(SERVICE) as connection:
        row = (
            await connection.execute(
                select(tables.person).where(tables.person.c.id == UUID(created["person_id"]))
            )
        ).one()
    stored = repr(tuple(row)).lower()
    for secret in ("ada@example.org", "1234567", "1990", "ring 1", "wien"):
        assert secret not in stored


async def test_a_registration_looks_the_same_wherever_else_the_person_is_known(town: Any) -> None:
    known = await town.theirs.member(**CONTACT)
    stranger = await town.ours.member(**(CONTACT | {"email": "nobody@example.org"}))
    same = await town.ours.member(**CONTACT)
    assert same.keys() == stranger.keys()
    assert same["person_id"] != known["person_id"]


async def test_a_profile_is_replaced_as_a_whole(gym: Any) -> None:
    created = await gym.member(**CONTACT)
    answer = await gym.http.put(
        f"/api/v1/members/{created['id']}/profile",
        json={"first_name": "Augusta", "last_name": "King", "email": "king@example.org"},
    )
    assert answer.status_code == 200, answer.text
    found = await gym.get(f"/members/{created['id']}")
    assert answer.json() == found
    assert (found["first_name"], found["last_name"]) == ("Augusta", "King")
    assert (found["email"], found["phone"], found["address"]) == ("king@example.org", None, None)


async def test_members_who_join_at_once_get_different_numbers(gym: Any) -> None:
    created = await asyncio.gather(*(gym.member() for _ in range(8)))
    assert sorted(int(each["number"]) for each in created) == list(range(1, 9))


async def test_search_finds_parts_of_names_and_beginnings_of_numbers(gym: Any) -> None:
    for first, last in [
        ("Ada", "Byron"),
        ("Mary", "Somerville"),
        ("Ada", "Some_body"),
        ("Eve", "%-b"),
    ]:
        await gym.member(first_name=first, last_name=last)

    async def names(query: str) -> list[str]:
        page = await gym.get("/members", query=query)
        return [f"{each['first_name']} {each['last_name']}" for each in page["items"]]

    assert await names("some") == ["Ada Some_body", "Mary Somerville"]
    assert await names("ADA some") == ["Ada Some_body"]
    assert await names("_b") == ["Eve %-b", "Ada Byron", "Ada Some_body"]
    assert await names("2") == ["Mary Somerville"]
    assert await names("%") == []
    assert await names("") == ["Eve %-b", "Ada Byron", "Ada Some_body", "Mary Somerville"]
    assert await names("zzz") == []


async def test_pages_of_a_search_hold_each_member_once(gym: Any) -> None:
    for number in range(7):
        await gym.member(first_name=f"Ada {number % 2}")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await gym.get("/members", query="ada", limit=3, **cursor)
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == 7


async def test_a_change_is_meant_for_the_version_that_was_seen(town: Any) -> None:
    member = await town.ours.member(email="ada@example.org")
    path = f"/api/v1/members/{member['id']}"
    seen = await town.ours.http.get(path)
    tag = seen.headers["etag"]
    assert tag == f'"{seen.json()["version"]}"'
    unchanged = await town.ours.http.get(path, headers={"If-None-Match": tag})
    assert unchanged.status_code == 304

    body = {"first_name": "Augusta", "last_name": "King"}
    first = await town.ours.http.put(f"{path}/profile", json=body, headers={"If-Match": tag})
    assert (first.status_code, first.headers["etag"] == tag) == (200, False)
    late = await town.ours.http.put(
        f"{path}/profile", json={**body, "last_name": "Lost"}, headers={"If-Match": tag}
    )
    assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
    assert (await town.ours.http.get(path)).json()["last_name"] == "King"
