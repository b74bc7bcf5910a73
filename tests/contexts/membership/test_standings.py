"""What a class may require of people, answered for many of them at once: as doors would, and
without a name or a date of birth."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from contexts.membership.samples import AGREEMENT
from contexts.membership.test_waivers import published, sign, today
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.server import HttpServer
from gymhopper.contexts.access.domain.records import milliseconds
from gymhopper.contexts.access.domain.waivers import Enforced, Signed, unsigned
from gymhopper.contexts.membership.context import context
from gymhopper.contracts.membership.people.api import PeopleApi, Standing
from gymhopper.kernel.ids import new_id

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(params=["together", "wired", "apart"])
async def people(
    request: pytest.FixtureRequest, gym: Any, new_runtime: NewRuntime
) -> AsyncIterator[PeopleApi]:
    """The contract as another context gets it in each topology."""
    if request.param == "together":
        yield gym.runtime.api(PeopleApi)
    elif request.param == "wired":
        yield (await new_runtime([context], wired=True)).api(PeopleApi)
    else:
        server = HttpServer(create_app(gym.runtime, dict), host="127.0.0.1", port=0)
        base = server.bind()
        await server.start()
        yield (await new_runtime([], internal_urls={"membership": base})).api(PeopleApi)
        await server.stop()


async def asked(
    people: PeopleApi, gym: Any, *members: Any, at: datetime, day: date | None = None
) -> dict[UUID, Standing]:
    found = await people.standings(
        organisation_id=gym.organisation_id,
        person_ids=tuple(UUID(each["person_id"]) for each in members),
        at=at,
        day=day or at.date(),
        ages=day is not None,
    )
    return {each.person_id: each for each in found}


async def closed_at_doors(gym: Any, member: Any, at: datetime) -> bool:
    """By the rule of doors, out of what was told of waivers and signatures."""
    told = [each.data for each in await gym.told()]
    versions = [
        Enforced(each.waiver_id, each.number, each.enforced_at)
        for each in told
        if each.type == "membership.waiver.published.v1"
    ]
    signatures = [
        Signed(each.waiver_id, each.number, each.signed_at, each.until)
        for each in told
        if each.type == "membership.waiver_signature.given.v1"
        and str(each.person_id) == member["person_id"]
    ]
    return any(each.at(milliseconds(at)) for each in unsigned(versions, signatures, at))


async def test_who_must_sign_at_an_instant_is_whom_doors_would_refuse(
    people: PeopleApi, gym: Any
) -> None:
    members = [await gym.member() for _ in range(4)]
    _, first, second, no_swimmer = members
    rules = await published(gym, valid_for_months=1)
    pool = await published(gym, in_days=3)
    for each in (first, second, no_swimmer):
        await sign(gym, each, rules)
    for each in (first, second):
        await sign(gym, each, pool)
    await gym.pass_time(DAY)
    await published(gym, rules, in_days=9, valid_for_months=1)
    for each in (second, no_swimmer):
        await sign(gym, each, rules, number=2)

    answers = {}
    for days in (-1, 0, 1, 2, 8, 9, 40):
        at = gym.clock.now() + days * DAY - HOUR
        found = await asked(people, gym, *members, at=at)
        told = [found[UUID(each["person_id"])].unsigned for each in members]
        assert told == [await closed_at_doors(gym, each, at) for each in members]
        answers[days] = "".join("x" if each else "-" for each in told)
    # An hour before they signed, then the pool's on the third day, another version of the rules on
    # the tenth, and the month's end.
    assert answers == {
        -1: "xxxx",
        0: "x---",
        1: "x---",
        2: "x--x",
        8: "x--x",
        9: "xx-x",
        40: "xxxx",
    }


async def test_strangers_are_left_out_and_retired_waivers_count_no_more(
    people: PeopleApi, town: Any
) -> None:
    gym, now = town.ours, town.ours.clock.now()
    ours, theirs = await gym.member(), await town.theirs.member()
    waiver = await published(gym)
    await published(town.theirs)
    found = await asked(people, gym, ours, theirs, {"person_id": str(new_id())}, at=now)
    assert [each.unsigned for each in found.values()] == [True]
    assert list(found) == [UUID(ours["person_id"])]
    await gym.post(f"/waivers/{waiver['id']}/retire", expect=200)
    (after,) = (await asked(people, gym, ours, at=now)).values()
    assert not after.unsigned


async def test_a_guardian_signs_for_a_child(people: PeopleApi, gym: Any) -> None:
    ada = await gym.member()
    waiver = await published(gym)
    tim = {"first_name": "Tim", "last_name": "Byron", "birth_date": "2020-01-01"}
    child = await gym.post(f"/members/{ada['id']}/dependents", tim | {"agreement": AGREEMENT})
    await sign(gym, child, waiver, guardian_id=ada["id"])
    found = await asked(people, gym, ada, child, at=gym.clock.now())
    assert found[UUID(ada["person_id"])].unsigned
    assert not found[UUID(child["person_id"])].unsigned


async def test_ages_are_of_the_day_that_is_asked_for(people: PeopleApi, gym: Any) -> None:
    born = {"leap": "2012-02-29", "june": "2010-06-15"}
    leap, june = [await gym.member(birth_date=each) for each in born.values()]
    unknown = await gym.member()
    at = gym.clock.now()

    async def ages(day: date | None) -> list[int | None]:
        found = await asked(people, gym, leap, june, unknown, at=at, day=day)
        return [found[UUID(each["person_id"])].age for each in (leap, june, unknown)]

    assert await ages(date(2026, 2, 28)) == [13, 15, None]
    assert await ages(date(2026, 3, 1)) == [14, 15, None]
    assert await ages(date(2026, 6, 14)) == [14, 15, None]
    assert await ages(date(2026, 6, 15)) == [14, 16, None]
    assert await ages(None) == [None, None, None]


@pytest.mark.parametrize("ages", [False, True])
async def test_many_people_are_one_question_to_the_database(
    gym: Any, ages: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [await gym.member(birth_date="2000-01-01") for _ in range(5)]
    await published(gym)
    day = today(gym) if ages else None
    people, statements = gym.runtime.api(PeopleApi), []
    execute = psycopg.AsyncCursor.execute

    async def count(cursor: Any, query: Any, *given: Any, **more: Any) -> Any:
        if "membership." in str(query):
            statements.append(query)
        return await execute(cursor, query, *given, **more)

    with monkeypatch.context() as counted:
        counted.setattr(psycopg.AsyncCursor, "execute", count)
        assert len(await asked(people, gym, *members, at=gym.clock.now(), day=day)) == 5
    assert len(statements) == 1
