"""One master key replaces another while members are registered, changed and looked for."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from fixtures.engines import TestDatabase
from gymhopper.chassis import rotation
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.key_sources import FileKeys
from gymhopper.chassis.rotation import rotate, survey
from gymhopper.chassis.sealed_tables import SealedTable
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.sealed import SEALED

PEOPLE = 12


def born(number: int) -> str:
    return f"1990-01-{number + 1:02}"


def profile(number: int, name: str = "Ada") -> dict[str, Any]:
    return {
        "first_name": name,
        "last_name": f"N{number}",
        "email": f"n{number}@example.org",
        "phone": f"+43 660 10000{number:02}",
        "birth_date": born(number),
    }


@pytest.fixture
async def people(gym: Any) -> list[Any]:
    return [await gym.member(**profile(number)) for number in range(PEOPLE)]


def keys_of(gym: Any) -> FileKeys:
    return FileKeys(gym.runtime.settings.data_folder)


def new_key(gym: Any) -> None:
    keys_of(gym).write(keys_of(gym).read().with_new())


async def everything(gym: Any, table: SealedTable | None = None, **more: Any) -> int:
    each = [table] if table else SEALED
    return sum([(await rotate(gym.runtime, one, **more)).done for one in each])


async def used(gym: Any) -> dict[bytes, int]:
    async with gym.runtime.read(SERVICE) as connection:
        found = await survey(connection, SEALED)
    return {key: sum(uses.values()) for key, uses in found.items()}


async def check(gym: Any, people: list[Any]) -> None:
    """Everybody is found by everything, and reads as they were."""
    for number, each in enumerate(people):
        for query in (f"n{number}@example.org", f"+43 660 10000{number:02}"):
            items = (await gym.get("/members", query=query))["items"]
            assert [one["id"] for one in items] == [each["id"]], query
        seen = await gym.get(f"/members/{each['id']}")
        assert (seen["email"], seen["birth_date"]) == (f"n{number}@example.org", born(number))


async def test_after_a_rotation_the_old_key_is_needed_for_nothing(
    gym: Any, people: list[Any]
) -> None:
    old = gym.runtime.secrets.ids()[0]
    assert await used(gym) == {old: PEOPLE * 5}
    new_key(gym)
    await check(gym, people)
    assert await everything(gym, batch=5) == PEOPLE * 3
    assert set(await used(gym)) == {gym.runtime.secrets.ids()[0]}
    keys_of(gym).write(keys_of(gym).read().without(old))
    assert len(gym.runtime.secrets.ids()) == 1
    await check(gym, people)
    assert await everything(gym) == 0


async def test_what_lies_sealed_stays_and_only_its_keys_are_sealed_anew(
    gym: Any, people: list[Any]
) -> None:
    asked = select(tables.person.c.contact, tables.person.c.identity).order_by(tables.person.c.id)
    async with gym.runtime.read(SERVICE) as connection:
        before = (await connection.execute(asked)).all()
    new_key(gym)
    await everything(gym)
    async with gym.runtime.read(SERVICE) as connection:
        assert (await connection.execute(asked)).all() == before


@pytest.mark.parametrize("at", range(6))
async def test_a_rotation_that_was_killed_goes_on_where_it_was(
    gym: Any, people: list[Any], at: int
) -> None:
    new_key(gym)
    batches = 0

    def killed(_: int) -> None:
        nonlocal batches
        batches += 1
        if batches > at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await everything(gym, batch=5, progress=killed)
    await check(gym, people)
    rest = await everything(gym, batch=5)
    assert 0 < rest < PEOPLE * 3
    assert set(await used(gym)) == {gym.runtime.secrets.ids()[0]}
    await check(gym, people)


async def test_members_change_and_join_while_keys_are_rotated(gym: Any, people: list[Any]) -> None:
    new_key(gym)

    async def change(number: int) -> None:
        path = f"/api/v1/members/{people[number]['id']}/profile"
        answer = await gym.http.put(path, json=profile(number, "Eve"))
        assert answer.status_code == 200, answer.text

    await asyncio.gather(
        *(everything(gym, table, batch=2) for table in SEALED for _ in range(2)),
        *(change(number) for number in range(PEOPLE)),
        *(gym.member(**profile(number)) for number in range(PEOPLE, PEOPLE + 4)),
    )
    assert set(await used(gym)) == {gym.runtime.secrets.ids()[0]}
    await check(gym, people)


async def test_a_row_whose_key_is_lost_is_told_and_does_not_stop_the_rest(
    gym: Any, people: list[Any], database: TestDatabase
) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(
            "UPDATE membership.person_key SET wrapped = '\\x00000000'::bytea || wrapped"
            " WHERE person_id = %s AND class = 'contact'",
            [people[0]["person_id"]],
        )
    new_key(gym)
    found = await rotate(gym.runtime, SEALED[0], batch=1)
    assert (found.done, found.unreadable) == (PEOPLE * 2 - 1, 1)


async def test_erasing_a_key_leaves_the_other_class(
    gym: Any, people: list[Any], database: TestDatabase
) -> None:
    who = people[0]
    async with gym.runtime.begin(SERVICE) as uow:
        key = tables.person_key
        await uow.connection.execute(
            key.delete().where(
                key.c.person_id == UUID(who["person_id"]), key.c["class"] == "contact"
            )
        )
    seen = await gym.get(f"/members/{who['id']}")
    assert (seen["email"], seen["phone"], seen["birth_date"]) == (None, None, born(0))


def test_every_table_is_named_once(tmp_path: Path) -> None:
    names = [each.name for each in [rotation.KEPT_ANSWERS, *SEALED]]
    assert len(names) == len(set(names))
