"""A rush in which connections are lost, or in which more come than can wait: nobody is forgotten,
and nobody has two places."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

import httpx
import psycopg
import pytest

from contexts.scheduling.studio import Person, Studio
from fixtures.callers import http_client
from fixtures.engines import TestDatabase
from gymhopper.contexts.scheduling.http import rush
from gymhopper.sandbox.demo.client import until

PLACES = 10
ROUNDS = 200
"""So often everybody who was sent away comes again; nobody should have to as often."""

OURS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = %(role)s AND pid <> pg_backend_pid()"
)
BLOCKED = f"{OURS} AND cardinality(pg_blocking_pids(pid)) > 0"


class Asking:
    """Everybody asks with a key of their own, through one process."""

    def __init__(self, studio: Studio, class_id: str, people: Iterable[Person]) -> None:
        self.http = studio.gym.http
        self._path = f"/api/v1/classes/{class_id}/book"
        self.people = list(people)

    async def once(self, person: Person) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {person.person_id}",
            "Idempotency-Key": f"rush-{person.person_id}",
        }
        return await self.http.post(self._path, json={}, headers=headers)

    async def all_at_once(self, people: Iterable[Person]) -> dict[int, httpx.Response]:
        """The answers by the numbers of the people."""
        asked = list(people)
        answers = await asyncio.gather(*(self.once(each) for each in asked))
        return {self.people.index(x): y for x, y in zip(asked, answers, strict=True)}


async def all_are_served(
    asking: Asking, answers: Mapping[int, httpx.Response]
) -> dict[int, httpx.Response]:
    """Whoever was sent away for a time comes again until there is a place or one in line."""
    served = dict(answers)
    for _ in range(ROUNDS):
        away = [n for n, each in served.items() if each.status_code != 201]
        if not away:
            return served
        for number in away:
            assert served[number].status_code == 503, served[number].text
            assert int(served[number].headers["Retry-After"]) >= 1
        served |= await asking.all_at_once([asking.people[n] for n in away])
    raise AssertionError(f"{len(away)} are not served")


async def all_is_right(studio: Studio, class_id: str, asking: Asking) -> None:
    """Each has one booking, and the same answer when they ask again."""
    roster = await studio.roster(class_id)
    everybody = [*roster["booked"], *roster["waiting"]]
    assert sorted(everybody) == sorted(each.person_id for each in asking.people)
    assert (len(roster["booked"]), len(roster["waiting"])) == (PLACES, len(everybody) - PLACES)
    assert await studio.counts(class_id) == (PLACES, len(everybody) - PLACES)
    again = await asking.all_at_once(asking.people)
    assert {each.headers.get("Idempotency-Replayed") for each in again.values()} == {"true"}
    told = {each.json()["id"]: each.json()["number"] for each in again.values()}
    assert sorted(told.values()) == list(range(1, len(everybody) + 1))
    await studio.gym.sound()


@asynccontextmanager
async def operator(database: TestDatabase) -> AsyncIterator[psycopg.AsyncConnection[tuple[int]]]:
    """Somebody who may end what the application does in its database."""
    connection = await psycopg.AsyncConnection.connect(database.url, autocommit=True)
    async with connection:
        yield connection


async def terminated(connection: psycopg.AsyncConnection[tuple[int]], which: str) -> int:
    """How many connections were ended."""
    role = connection.info.user
    found = await connection.execute(which, {"role": role})
    pids = [row[0] for row in await found.fetchall()]
    for pid in pids:
        await connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
    return len(pids)


async def test_who_lost_their_transaction_together_are_told_so_and_served_when_they_come_again(
    studio: Studio, database: TestDatabase
) -> None:
    cycling = await studio.class_(PLACES)
    asking = Asking(studio, cycling, [await studio.person() for _ in range(40)])
    async with (
        operator(database) as connection,
        operator(database) as holding,
        holding.transaction(),
    ):
        await holding.execute("SELECT set_config('gymhopper.organisation', '*', true)")
        held = await holding.execute(
            "SELECT id FROM scheduling.class WHERE id = %s FOR UPDATE", (cycling,)
        )
        assert held.rowcount == 1
        rushing = asyncio.create_task(asking.all_at_once(asking.people))

        async def lost() -> bool:
            await terminated(connection, BLOCKED)
            return rushing.done()

        await until(lost, bool, what="nobody waits any more")
        answers = await rushing
    assert {each.status_code for each in answers.values()} == {503}
    assert {each.json()["code"] for each in answers.values()} == {"unavailable"}
    assert await studio.roster(cycling) == {}
    await all_are_served(asking, answers)
    await all_is_right(studio, cycling, asking)


async def test_connections_may_be_lost_again_and_again(
    studio: Studio, database: TestDatabase
) -> None:
    cycling = await studio.class_(PLACES)
    asking = Asking(studio, cycling, [await studio.person() for _ in range(60)])
    lost = 0
    async with operator(database) as connection:

        async def cut() -> None:
            nonlocal lost
            while lost < 25:
                lost += await terminated(connection, OURS)
                await asyncio.sleep(0.02)

        cutting = asyncio.create_task(cut())
        try:
            served = await all_are_served(asking, await asking.all_at_once(asking.people))
        finally:
            cutting.cancel()
            with suppress(asyncio.CancelledError):
                await cutting
    assert lost > 0
    assert len(served) == 60
    await all_is_right(studio, cycling, asking)


async def test_when_more_come_than_can_wait_each_is_served_in_the_end(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycling = await studio.class_(PLACES)
    asking = Asking(studio, cycling, [await studio.person() for _ in range(40)])
    monkeypatch.setenv("GYMHOPPER_SCHEDULING_RUSH_WAITING", "3")
    monkeypatch.setattr(rush, "AT_ONCE", 2)
    async with http_client(studio.gym.runtime) as small:
        asking.http = small
        answers = await asking.all_at_once(asking.people)
        served = await all_are_served(asking, answers)
    assert len(served) == 40
    sent_away = [each for each in answers.values() if each.status_code == 503]
    assert len(sent_away) > 20
    assert {each.json()["code"] for each in sent_away} == {"overloaded"}
    assert {each.headers["Retry-After"] for each in sent_away} == {"1"}
    assert {each.headers["content-type"] for each in sent_away} == {"application/problem+json"}
    asking.http = studio.gym.http
    await all_is_right(studio, cycling, asking)
