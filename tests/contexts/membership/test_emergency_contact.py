"""Whom to call: kept sealed, each gym's own, read with a trace, and shredded with the person."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text

from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.storage import people_tables, tables

GRACE = {"name": "Grace Hopper", "phone": "+1 212 555 0100", "relation": "sister"}


async def put(gym: Any, member: Any, contact: Any = None, **headers: str) -> Any:
    return await gym.http.put(
        f"/api/v1/members/{member['id']}/emergency-contact", json=contact or GRACE, headers=headers
    )


async def test_an_emergency_contact_is_kept_and_replaced(gym: Any) -> None:
    member = await gym.member()
    path = f"/members/{member['id']}/emergency-contact"
    await gym.get(path, expect=404)
    assert (await put(gym, member)).status_code == 200
    assert await gym.get(path) == GRACE
    alone = {"name": "Alan", "phone": "0660 1234567", "relation": None}
    assert (await put(gym, member, alone, **{"If-Match": '"1"'})).headers["etag"] == '"2"'
    assert (await put(gym, member, GRACE, **{"If-Match": '"1"'})).status_code == 412
    assert await gym.get(path) == alone
    assert (await gym.http.delete(f"/api/v1{path}")).status_code == 204
    await gym.get(path, expect=404)
    assert (await gym.http.delete(f"/api/v1{path}")).status_code == 404


async def test_it_stays_when_the_profile_is_replaced(gym: Any) -> None:
    """A profile is sealed under new keys each time; this one is no part of it."""
    member = await gym.member(email="ada@example.org")
    await put(gym, member)
    profile = {"first_name": "Ada", "last_name": "King"}
    answer = await gym.http.put(f"/api/v1/members/{member['id']}/profile", json=profile)
    assert answer.status_code == 200
    assert await gym.get(f"/members/{member['id']}/emergency-contact") == GRACE


async def test_nothing_of_it_can_be_read_from_the_database_or_the_audit_log(gym: Any) -> None:
    member = await gym.member()
    await put(gym, member)
    async with gym.runtime.read(SERVICE) as connection:
        kept = (await connection.execute(select(people_tables.emergency_contact.c.sealed))).scalar()
        log = (await connection.execute(text("SELECT e::text FROM audit.entry AS e"))).scalars()
        assert "Grace" not in " ".join(log)
    assert kept is not None
    assert b"Grace" not in kept


async def test_a_look_at_it_is_told(gym: Any) -> None:
    member = await gym.member()
    await put(gym, member)
    await gym.get(f"/members/{member['id']}/emergency-contact")
    async with gym.runtime.read(SERVICE) as connection:
        looked = await connection.execute(
            text("SELECT e::text FROM audit.entry AS e WHERE action = 'looked'")
        )
        (entry,) = looked.scalars()
    assert "membership.emergency_contact" in entry
    assert member["person_id"] in entry


async def test_whoever_deletes_the_persons_key_has_shredded_it(gym: Any) -> None:
    member = await gym.member()
    await put(gym, member)
    async with gym.runtime.begin(SERVICE) as uow:
        key = tables.person_key.c
        await uow.connection.execute(delete(tables.person_key).where(key["class"] == "emergency"))
    await gym.get(f"/members/{member['id']}/emergency-contact", expect=404)


async def test_two_desks_that_write_it_at_once_make_one_key(gym: Any) -> None:
    member = await gym.member()
    answers = await asyncio.gather(*(put(gym, member) for _ in range(4)))
    assert {each.status_code for each in answers} == {200}
    assert await gym.get(f"/members/{member['id']}/emergency-contact") == GRACE
    async with gym.runtime.read(SERVICE) as connection:
        of = tables.person_key.c
        count = await connection.scalar(
            select(func.count())
            .select_from(tables.person_key)
            .where(of["class"] == "emergency", of.person_id == UUID(member["person_id"]))
        )
    assert count == 1


async def test_another_gym_neither_sees_nor_changes_it(town: Any) -> None:
    member = await town.ours.member()
    await put(town.ours, member)
    assert (await put(town.theirs, member)).status_code == 404
    path = f"/members/{member['id']}/emergency-contact"
    await town.theirs.get(path, expect=404)
    assert (await town.theirs.http.delete(f"/api/v1{path}")).status_code == 404
