"""A venue sees of a member of another gym a first name, for a time; and nothing gives more away."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import UniqueConstraint, select

from contexts.membership.samples import AGREEMENT
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.follow_visit import follow_visit

ADA = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.org",
    "phone": "+43 660 1234567",
}


@pytest.fixture
async def guest(town: Any) -> Any:
    """A member of theirs who was at ours."""
    member = await town.theirs.member(**ADA)
    await town.ours.visited(UUID(member["person_id"]), home=town.theirs.organisation_id)
    return member


async def visitors(gym: Any) -> Any:
    return (await gym.get("/network-visitors"))["items"]


async def test_a_venue_sees_the_first_name_of_its_guest_and_no_more(town: Any, guest: Any) -> None:
    (seen,) = await visitors(town.ours)
    assert seen["first_name"] == "Ada"
    assert set(seen) == {"visitor_id", "first_name", "first_visit_at", "last_visit_at"}
    hidden = [guest["id"], guest["person_id"], str(town.theirs.organisation_id), "Byron"]
    assert not [each for each in hidden if each in str(seen)]
    assert await visitors(town.theirs) == []


async def test_two_venues_know_the_same_guest_by_different_ids(town: Any, guest: Any) -> None:
    await town.theirs.visited(UUID(guest["person_id"]), home=town.ours.organisation_id)
    async with town.ours.runtime.read(AuthSubject(kind="service", everywhere=True)) as connection:
        names = (await connection.execute(select(tables.visibility.c.visitor_id))).scalars().all()
    assert len(set(names)) == 2


async def test_what_a_venue_saw_it_sees_until_thirty_days_after_the_last_visit(
    town: Any, guest: Any
) -> None:
    await town.ours.pass_time(timedelta(days=20))
    await town.ours.visited(UUID(guest["person_id"]), home=town.theirs.organisation_id)
    await town.ours.pass_time(timedelta(days=30))
    (seen,) = await visitors(town.ours)
    assert seen["first_visit_at"] < seen["last_visit_at"]
    await town.ours.pass_time(timedelta(seconds=1))
    assert await visitors(town.ours) == []
    await town.ours.pass_time(timedelta(days=1))
    subject = AuthSubject(kind="service", everywhere=True)
    async with town.ours.runtime.read(subject) as connection:
        assert (await connection.execute(select(tables.visibility))).all() == []


async def test_news_of_visits_may_come_together_late_and_twice(town: Any, guest: Any) -> None:
    runtime, now = town.ours.runtime, town.ours.clock.now()
    batches = [(3, 1, 2), (2,), (2, -1), (3, -1)]
    for hours in batches:
        async with runtime.begin(SERVICE) as uow:
            for each in hours:
                await follow_visit(
                    uow,
                    person_id=UUID(guest["person_id"]),
                    host=town.ours.organisation_id,
                    home=town.theirs.organisation_id,
                    at=now + timedelta(hours=each),
                )
    async with runtime.read(SERVICE) as connection:
        (row,) = (await connection.execute(select(tables.visibility))).all()
    assert (row.since, row.last) == (now - timedelta(hours=1), now + timedelta(hours=3))


async def test_own_members_are_no_visitors(town: Any) -> None:
    member = await town.ours.member(**ADA)
    await town.ours.visited(UUID(member["person_id"]), home=town.ours.organisation_id)
    await town.ours.visited(UUID(member["person_id"]), home=town.theirs.organisation_id)
    assert await visitors(town.ours) == []


async def test_pages_of_visitors_hold_each_once(town: Any) -> None:
    for number in range(5):
        member = await town.theirs.member(first_name=f"N{number}")
        await town.ours.visited(UUID(member["person_id"]), home=town.theirs.organisation_id)
        town.ours.clock.advance(timedelta(hours=number % 2))
    names, cursor = [], {}
    while cursor is not None:
        page = await town.ours.get("/network-visitors", limit=2, **cursor)
        names += [each["first_name"] for each in page["items"]]
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    assert sorted(names) == ["N0", "N1", "N2", "N3", "N4"]


async def test_nothing_tells_that_a_person_exists_at_another_gym(town: Any, guest: Any) -> None:
    """The same sign-up, search and look-up for one who is known there and one who is not."""
    stranger = {**ADA, "email": "eve@example.org", "phone": "+43 660 7654321"}
    answers = []
    for who in (ADA, stranger):
        joined = await town.ours.http.post(
            "/api/v1/members/register", json={**who, "agreement": AGREEMENT}
        )
        answers.append((joined.status_code, sorted(joined.json())))
        found = await town.ours.get("/members", query=who["email"])
        answers.append(len(found["items"]))
        found = await town.ours.get("/members", query=who["phone"])
        answers.append(len(found["items"]))
    assert answers[:3] == answers[3:] == [(201, answers[0][1]), 1, 1]
    ours = {each["person_id"] for each in (await town.ours.get("/members"))["items"]}
    assert guest["person_id"] not in ours, "a sign-up never finds a person"
    for query in ("Ada Byron", "byron", ADA["email"], ADA["phone"], guest["number"]):
        items = (await town.ours.get("/members", query=query))["items"]
        assert {each["person_id"] for each in items} <= ours, query


async def test_numbers_and_references_of_two_gyms_do_not_meet(town: Any, guest: Any) -> None:
    """Whatever must be unique is so at one organisation: another's rows refuse nothing."""
    unique = {
        (table.name, tuple(column.name for column in each.columns))
        for table in tables.metadata.sorted_tables
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    }
    # What belongs to one of its things is the organisation's by that.
    within = {"organisation_id", "membership_id", "waiver_id", "sponsor_id", "roster_id"}
    assert {columns[0] for _, columns in unique} == within
    ours = await town.ours.member(**ADA)
    assert ours["number"] == guest["number"] == "1"
