"""A desk finds people by parts of names and numbers, however they are spelled."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from gymhopper.chassis.auth import ANONYMOUS, AuthSubject
from gymhopper.contexts.membership.domain.folding import folded
from gymhopper.kernel.ids import new_id

PEOPLE = [
    ("Anna", "Meier"), ("Johanna", "Mayr"), ("Zoë", "Groß"), ("Łukasz", "O'Brien-Novák"),
    ("Anton", "Anders"), ("Maria Anna", "Huber"), ("李", "小龙"), ("Ольга", "Жукова"),
    ("100%", "_"),
]  # fmt: skip


@pytest.fixture
async def club(town: Any) -> Any:
    for first, last in PEOPLE:
        await town.ours.member(first_name=first, last_name=last)
        await town.theirs.member(first_name=first, last_name=last)
    return town.ours


async def find(gym: Any, query: str, **more: Any) -> list[str]:
    items = (await gym.get("/members", query=query, **more))["items"]
    return [f"{each['first_name']} {each['last_name']}" for each in items]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("meier", ["Anna Meier"]),
        ("ann", ["Anna Meier", "Maria Anna Huber", "Johanna Mayr"]),
        ("an", ["Anton Anders", "Anna Meier", "Maria Anna Huber"]),
        ("ann ma", ["Maria Anna Huber", "Johanna Mayr"]),
        ("MAYR jo", ["Johanna Mayr"]),
        ("zoe", ["Zoë Groß"]),
        ("gross", ["Zoë Groß"]),
        ("GROß", ["Zoë Groß"]),
        ("lukasz", ["Łukasz O'Brien-Novák"]),
        ("novak", ["Łukasz O'Brien-Novák"]),
        ("o'brien", ["Łukasz O'Brien-Novák"]),
        ("小龙", ["李 小龙"]),
        ("жук", ["Ольга Жукова"]),
        ("3", ["Zoë Groß"]),
        ("100%", ["100% _"]),
        ("%", []),
        ("nobody", []),
        ("\\", []),
    ],
)
async def test_a_desk_finds(club: Any, query: str, names: list[str]) -> None:
    found = await find(club, query)
    assert sorted(found) == sorted(names)
    assert found[:1] == names[:1], "the best first"


async def test_what_fits_better_comes_first(club: Any) -> None:
    assert await find(club, "an") == ["Anton Anders", "Anna Meier", "Maria Anna Huber"]
    assert (await find(club, "ann"))[-1] in {"Johanna Mayr", "Maria Anna Huber"}


async def test_pages_hold_everybody_once_in_the_same_order(club: Any) -> None:
    for query in ("", "a", "an", "ann"):
        whole = (await club.get("/members", query=query))["items"]
        paged, cursor = [], {}
        while cursor is not None:
            page = await club.get("/members", query=query, limit=1, **cursor)
            paged += page["items"]
            cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
        assert [each["id"] for each in paged] == [each["id"] for each in whole], query
        assert len({each["id"] for each in paged}) == len(paged)


async def test_exact_contact_data_finds_its_owner(club: Any) -> None:
    ada = await club.member(email="Ada@Example.org", phone="0043 660 123 45 67")
    for query in ("ada@example.org", " ADA@EXAMPLE.ORG", "+43 660 1234567"):
        assert [each["id"] for each in (await club.get("/members", query=query))["items"]] == [
            ada["id"]
        ]
    assert await find(club, "ada@example") == []
    assert await find(club, "660 1234567") == []


async def test_a_changed_name_is_found_at_every_gym_of_the_person(club: Any) -> None:
    (anna,) = (await club.get("/members", query="meier"))["items"]
    await club.http.put(
        f"/api/v1/members/{anna['id']}/profile",
        json={"first_name": "Anna", "last_name": "Berger"},
    )
    assert await find(club, "meier") == []
    assert await find(club, "berg") == ["Anna Berger"]


async def test_the_search_keeps_to_the_organisation_that_is_bound(town: Any, club: Any) -> None:
    """It runs as the owner of the tables, past the policies: so it must ask for itself."""
    ours, theirs = town.ours.organisation_id, town.theirs.organisation_id
    call = text(
        "SELECT s.organisation_id FROM membership.find_members(:asked, :words, :tier, :behind,"
        " 1000) AS f LEFT JOIN membership.member AS s ON s.id = f.member_id"
    )
    (there,) = (await town.theirs.get("/members", query="meier"))["items"]
    for subject, wanted in [
        (AuthSubject(kind="staff", organisation_id=ours), {ours}),
        (AuthSubject(kind="staff", organisation_id=new_id()), set()),
        (AuthSubject(kind="member", person_id=new_id(), within=(ours,)), set()),
        (ANONYMOUS, set()),
        (AuthSubject(kind="service", everywhere=True), {ours, theirs}),
    ]:
        found: set[Any] = set()
        async with town.ours.runtime.read(subject) as connection:
            for asked in (None, theirs):
                for words in ([], ["meier"], ["a"], ["' OR true --"], ["1"]):
                    for tier in (1, 2, 3, 4):
                        values = {"asked": asked, "words": words, "tier": tier, "behind": None}
                        rows = await connection.execute(call, values)
                        found |= set(rows.scalars())
            if wanted == {ours}:
                values = {"asked": theirs, "words": [], "tier": 2, "behind": there["id"]}
                assert (await connection.execute(call, values)).all() == [], "no foreign place"
        assert found == wanted


async def test_a_platform_administrator_says_in_which_gym(town: Any, club: Any) -> None:
    mine = {"organisation_id": str(town.ours.organisation_id)}
    assert await find(town.admin, "meier", **mine) == ["Anna Meier"]
    assert await find(town.admin, "meier") == ["Anna Meier"] * 2
    theirs = {"organisation_id": str(town.theirs.organisation_id)}
    assert (await town.ours.http.get("/api/v1/members", params=theirs)).status_code == 404


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@given(st.text())
def test_a_name_and_its_capitals_are_one(name: str) -> None:
    assert folded(name.casefold()) == folded(name)
