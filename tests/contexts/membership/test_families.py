"""Guardians and dependents: registered together, several, and handed over when one is of age."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from contexts.membership.samples import AGREEMENT
from fixtures.callers import http_client
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.domain.guardianship import of_age
from gymhopper.contexts.membership.storage.invariants import INVARIANTS
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.kernel.ids import new_id

BORN = "2015-03-04"


async def child_of(gym: Any, guardian: Any, *, expect: int = 201, **changes: Any) -> Any:
    body = {"first_name": "Tim", "last_name": "Byron", "birth_date": BORN, "agreement": AGREEMENT}
    return await gym.post(f"/members/{guardian['id']}/dependents", body | changes, expect=expect)


async def names(gym: Any, path: str) -> list[str]:
    return [each["first_name"] for each in (await gym.get(path))["items"]]


async def guard(gym: Any, child: Any, guardian: Any, *, expect: int = 201) -> Any:
    body = {"guardian_id": guardian["id"]}
    return await gym.post(f"/members/{child['id']}/guardians", body, expect=expect)


def of_age_in(gym: Any, days: int) -> str:
    """The birth date of somebody who will be 18 after so many days."""
    day = gym.clock.now().date() + timedelta(days=days)
    return day.replace(year=day.year - 18).isoformat()


async def test_a_child_is_registered_beside_the_parent_in_one_call(gym: Any) -> None:
    ada = await gym.member(email="ada@example.org")
    child = await child_of(gym, ada)
    found = await gym.get(f"/members/{child['id']}")
    assert (found["email"], found["managed"], found["birth_date"]) == (None, True, BORN)
    assert not (await gym.get(f"/members/{ada['id']}"))["managed"]
    assert await names(gym, f"/members/{ada['id']}/dependents") == ["Tim"]
    assert await names(gym, f"/members/{child['id']}/guardians") == ["Ada"]
    (began,) = await gym.told(child["guardianship_id"])
    assert began.type == "membership.guardianship.began.v1"
    assert str(began.data.guardian_person_id) == ada["person_id"]
    contact = await gym.runtime.api(MembershipApi).contact(member_id=UUID(child["id"]))
    assert contact.managed
    api = gym.runtime.api(MembershipApi)
    guardians = (await api.member(member_id=UUID(child["id"]))).guardians
    assert guardians == (UUID(ada["person_id"]),)
    assert (await api.member(member_id=UUID(ada["id"]))).guardians == ()


async def test_a_child_may_have_several_guardians_and_lose_them_again(gym: Any) -> None:
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    child = await child_of(gym, ada)
    second = await guard(gym, child, bob)
    assert (await guard(gym, child, bob, expect=409))["code"] == "already_guardian"
    assert await names(gym, f"/members/{child['id']}/guardians") == ["Ada", "Bob"]
    for guardianship in (child["guardianship_id"], second["id"]):
        path = f"/api/v1/members/{child['id']}/guardians/{guardianship}"
        assert (await gym.http.delete(path)).status_code == 204
        assert (await gym.http.delete(path)).status_code == 404
    assert not (await gym.get(f"/members/{child['id']}"))["managed"]
    assert (
        await gym.runtime.api(MembershipApi).member(member_id=UUID(child["id"]))
    ).guardians == ()
    assert await gym.told_types(second["id"]) == ["began", "ended"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"birth_date": None}, "birth_date_needed"),
        ({"birth_date": "1990-01-01"}, "not_a_minor"),
        ({"birth_date": "2990-01-01"}, "invalid_input"),
    ],
)
async def test_who_is_no_minor_is_not_registered_as_one(gym: Any, changes: Any, code: str) -> None:
    ada = await gym.member()
    before = await gym.told()
    assert (await child_of(gym, ada, expect=422, **changes))["code"] == code
    assert await gym.told() == before, "and no half of it stays"


async def test_who_cannot_guard_is_refused(town: Any) -> None:
    gym = town.ours
    ada, teen = await gym.member(), await gym.member(birth_date="2010-01-01")
    child, sibling = await child_of(gym, ada), await child_of(gym, ada)
    for guardian in (child, sibling, teen):
        assert (await guard(gym, child, guardian, expect=422))["code"] == "cannot_guard"
    await gym.http.put(
        f"/api/v1/members/{ada['id']}/profile",
        json={"first_name": "Ada", "last_name": "Byron", "birth_date": "2012-01-01"},
    )
    bob = await gym.member()
    assert (await guard(gym, ada, bob, expect=422))["code"] == "cannot_guard", "a guardian itself"
    theirs = await town.theirs.member()
    await guard(gym, child, theirs, expect=404)
    await guard(town.theirs, child, theirs, expect=404)
    await child_of(town.theirs, ada, expect=404)
    await town.theirs.get(f"/members/{ada['id']}/dependents", expect=404)


async def test_guardianship_ends_on_the_day_on_which_the_child_is_of_age(gym: Any) -> None:
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    eldest = await child_of(gym, ada, birth_date=of_age_in(gym, 3))
    await guard(gym, eldest, bob)
    youngest = await child_of(gym, ada)
    await gym.pass_time(timedelta(days=2))
    assert (await gym.get(f"/members/{eldest['id']}"))["managed"]
    await gym.pass_time(timedelta(days=1))
    assert not (await gym.get(f"/members/{eldest['id']}"))["managed"]
    assert await names(gym, f"/members/{eldest['id']}/guardians") == []
    assert await names(gym, f"/members/{ada['id']}/dependents") == ["Tim"]
    assert (await gym.get(f"/members/{youngest['id']}"))["managed"]
    assert await gym.told_types(eldest["guardianship_id"]) == ["began", "ended"]


async def test_a_birth_date_stands_in_no_row_event_timer_or_log(gym: Any) -> None:
    ada = await gym.member()
    born = of_age_in(gym, 3)
    await child_of(gym, ada, birth_date=born)
    await gym.pass_time(timedelta(days=4))
    asked = (
        "SELECT g::text FROM membership.guardianship AS g"
        " UNION ALL SELECT e::text FROM bus.event AS e"
        " UNION ALL SELECT t::text FROM chassis.timer AS t"
        " UNION ALL SELECT a::text FROM audit.entry AS a"
    )
    async with gym.runtime.read(SERVICE) as connection:
        for row in (await connection.execute(text(asked))).scalars():
            assert born not in row
            assert "of_age" not in row or "membership.dependents_of_age" in row


def test_who_was_born_on_a_leap_day_is_of_age_on_the_first_of_march() -> None:
    born = date(2008, 2, 29)
    assert [of_age(born, date(2026, 2, 28)), of_age(born, date(2026, 3, 1))] == [False, True]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 40_000))
def test_of_age_comes_on_the_eighteenth_birthday_and_stays(born: date, days: int) -> None:
    day = born + timedelta(days=days)
    try:
        birthday = born.replace(year=born.year + 18)
    except ValueError:
        birthday = date(born.year + 18, 3, 1)
    assert of_age(born, day) == (day >= birthday)


async def test_a_guardian_sees_own_dependents_there_and_nowhere_else(town: Any) -> None:
    gym = town.ours
    ada = await gym.member()
    child = await child_of(gym, ada)
    await child_of(gym, await gym.member(), first_name="Stranger")
    tokens = gym.runtime.api(IdentityApi)._tokens
    for name, vouched in (("ada", gym), ("elsewhere", town.theirs)):
        tokens[name] = Caller(
            kind="member",
            id=new_id(),
            organisation_id=None,
            person_id=UUID(ada["person_id"]),
            within=(vouched.organisation_id,),
            scopes=("members:read",),
            session_id=new_id(),
        )
    async with http_client(gym.runtime, token="ada") as http:
        mine = (await http.get("/api/v1/me/dependents")).json()["items"]
        assert [each["person_id"] for each in mine] == [child["person_id"]]
        assert [each["first_name"] for each in mine] == ["Tim"]
        found = await http.get(f"/api/v1/members/{ada['id']}/dependents")
        assert found.json()["items"] == mine
        assert (await http.get(f"/api/v1/members/{child['id']}")).status_code == 404, "switch first"
    async with http_client(gym.runtime, token="elsewhere") as http:
        assert (await http.get("/api/v1/me/dependents")).json()["items"] == []


async def test_families_follow_a_merge_and_are_never_merged_with_each_other(gym: Any) -> None:
    mail = {"email": "family@example.org"}
    ada, twin = await gym.member(**mail), await gym.member(**mail)
    child, other = await child_of(gym, ada, **mail), await child_of(gym, twin, first_name="Eva")
    await guard(gym, child, twin)

    async def merge(into: Any, duplicate: Any, expect: int = 200) -> Any:
        body = {"duplicate_id": duplicate["id"]}
        return await gym.post(f"/members/{into['id']}/merge", body, expect=expect)

    found = (await gym.get("/members/duplicates"))["items"]
    assert {(each["first"]["id"], each["second"]["id"]) for each in found} == {
        (ada["id"], twin["id"])
    }
    assert (await merge(ada, child, expect=409))["code"] == "guardian_and_dependent"
    assert (await merge(child, ada, expect=409))["code"] == "guardian_and_dependent"
    await merge(ada, twin)
    assert await names(gym, f"/members/{ada['id']}/dependents") == ["Tim", "Eva"]
    await merge(child, other)
    assert await names(gym, f"/members/{ada['id']}/dependents") == ["Tim"]
    async with gym.runtime.read(SERVICE) as connection:
        for sentence, query in INVARIANTS.items():
            assert (await connection.exec_driver_sql(query)).scalar() == 0, sentence
