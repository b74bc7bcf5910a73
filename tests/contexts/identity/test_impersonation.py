"""Support looks through a member's eyes: briefly, reading only, and for the member to see."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from fixtures.gyms import Gym, Gyms
from fixtures.people import MEMBER, Person, person_as
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.audit.queries.entries import Filter, entries
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.identity.events import ImpersonationEnded, ImpersonationStarted

PATH = "/sessions/current/impersonation"
REASON = "You asked why the pass of Ada Byron is not shown."


async def start(gyms: Gyms, by: Person, member: Any, *, expect: int = 201, **more: object) -> Any:
    body = {"member_id": member["id"], "reason": REASON} | more
    return await gyms.call("POST", PATH, body, by=by, expect=expect)


async def caller(gyms: Gyms, person: Person) -> Caller:
    found = await gyms.runtime.api(IdentityApi).authenticate(token=person.token)
    assert found is not None
    return found


async def supporter(gyms: Gyms, gym: Gym, role: str = "support") -> Person:
    return await person_as(gyms.runtime, role, gym.id)


async def test_the_supporter_becomes_the_member_and_reads_only(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)

    seen = await start(gyms, by, member)
    assert (seen["kind"], seen["impersonating"]) == ("person", True)
    assert seen["person"]["person_id"] == member["person_id"]
    found = await caller(gyms, by)
    assert (found.kind, str(found.person_id)) == ("member", member["person_id"])
    assert (found.organisation_id, found.impersonator) == (None, by.account_id)
    assert found.scopes
    assert all(each.endswith(":read") for each in found.scopes)


async def test_each_look_through_their_eyes_is_told_once(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)
    await start(gyms, by, member)
    await gyms.call("GET", f"/members/{member['id']}", by=by)

    async with gyms.runtime.read(SERVICE) as connection:
        looks = await entries(connection, Filter(action="looked"), limit=9)
    assert [(each.operation, each.organisation_id) for each in looks] == [
        ("get_member", gyms.north.id)
    ]


async def test_it_ends_by_itself_after_half_an_hour(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)
    await start(gyms, by, member)

    gyms.clock.advance(timedelta(minutes=30) - timedelta(seconds=1))
    assert (await caller(gyms, by)).impersonator == by.account_id
    gyms.clock.advance(timedelta(seconds=1))
    assert (await caller(gyms, by)).impersonator is None
    assert (await caller(gyms, by)).role == "support"

    await gyms.pass_time(timedelta(minutes=1))
    [started, ended] = await gyms.told("identity")
    assert isinstance(started.data, ImpersonationStarted)
    assert isinstance(ended.data, ImpersonationEnded)
    assert ended.data.ended_at == started.data.until


async def test_it_ends_when_the_supporter_says_so_or_switches(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)

    await start(gyms, by, member)
    assert (await gyms.call("DELETE", PATH, by=by))["kind"] == "assignment"
    await gyms.call("DELETE", PATH, by=by, expect=404)
    await start(gyms, by, member)
    await gyms.act(by, assignment_id=by.assignment_id)
    assert (await caller(gyms, by)).role == "support"
    assert (await caller(gyms, by)).impersonator is None

    kinds = [type(each.data) for each in await gyms.told("identity")]
    assert kinds == [ImpersonationStarted, ImpersonationEnded] * 2
    await gyms.pass_time(timedelta(hours=1))
    assert len(await gyms.told("identity")) == 4


async def test_it_ends_with_the_supporters_own_role(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)
    until = gyms.clock.now() + timedelta(minutes=10)
    async with gyms.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            text("UPDATE identity.assignment SET until_at = :until"), {"until": until}
        )
    await start(gyms, by, member)

    gyms.clock.advance(timedelta(minutes=10))
    found = await caller(gyms, by)
    assert (found.impersonator, found.person_id, found.scopes) == (None, None, ())


async def test_only_members_of_the_organisation_that_one_acts_for(gyms: Gyms) -> None:
    by, foreign = await supporter(gyms, gyms.north), await gyms.member(gyms.south)

    said = set()
    for member in (foreign, {"id": str(UUID(int=0))}):
        refused = await start(gyms, by, member, expect=404)
        said.add((refused["code"], refused["field"], refused["detail"]))
    assert len(said) == 1
    assert await gyms.told("identity") == []


async def test_only_who_may(gyms: Gyms) -> None:
    member = await gyms.member(gyms.north)
    for role in ("manager", "front_desk", MEMBER):
        by = await person_as(gyms.runtime, role, gyms.north.id)
        refused = await start(gyms, by, member, expect=403)
        assert refused["code"] == "scope_missing"
    key = {"name": "A key", "scopes": ["*"], "organisation_id": str(gyms.north.id)}
    token = (await gyms.call("POST", "/api-keys", key))["token"]
    answer = await gyms.http.post(
        f"/api/v1{PATH}",
        json={"member_id": member["id"], "reason": REASON},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "session_required")
    # An administrator of the platform acts for no organisation, and so for none of its members.
    await start(gyms, gyms.root, member, expect=404)


async def test_who_looks_through_eyes_cannot_borrow_further_ones(gyms: Gyms) -> None:
    by = await supporter(gyms, gyms.north)
    first, second = await gyms.member(gyms.north), await gyms.member(gyms.north)
    await start(gyms, by, first)

    assert (await start(gyms, by, second, expect=403))["code"] == "scope_missing"


async def test_the_member_sees_when_and_why_but_not_who(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)
    person_id = UUID(member["person_id"])
    me = await person_as(gyms.runtime, MEMBER, gyms.north.id, person_id=person_id)
    other = await person_as(gyms.runtime, MEMBER, gyms.north.id)
    began = gyms.clock.now()
    await start(gyms, by, member)
    gyms.clock.advance(timedelta(minutes=5))
    await gyms.call("DELETE", PATH, by=by)

    [seen] = (await gyms.call("GET", "/me/impersonations", by=me))["items"]
    assert seen.pop("id")
    assert seen == {
        "organisation_id": str(gyms.north.id),
        "person_id": member["person_id"],
        "role": "support",
        "reason": REASON,
        "started_at": began.isoformat().replace("+00:00", "Z"),
        "ended_at": gyms.clock.now().isoformat().replace("+00:00", "Z"),
    }
    assert (await gyms.call("GET", "/me/impersonations", by=other))["items"] == []


async def test_the_reason_is_in_no_event(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)
    await start(gyms, by, member)

    async with gyms.runtime.read(SERVICE) as connection:
        logged = (await connection.execute(text("SELECT e::text FROM bus.event AS e"))).scalars()
        assert "pass of Ada" not in "".join(logged)


async def test_a_reason_is_asked_for(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)

    for reason in ("", "     ", "why", "a\u0000bcdefg", "x" * 501):
        refused = await start(gyms, by, member, reason=reason, expect=422)
        assert refused["field"] == "reason"


async def test_two_starts_at_once_leave_one(gyms: Gyms) -> None:
    by = await supporter(gyms, gyms.north)
    members = [await gyms.member(gyms.north) for _ in range(2)]
    answers = await asyncio.gather(
        *(
            gyms.http.post(
                f"/api/v1{PATH}",
                json={"member_id": each["id"], "reason": REASON},
                headers=by.headers,
            )
            for each in members
        )
    )
    assert {each.status_code for each in answers} == {201}
    async with gyms.runtime.read(SERVICE) as connection:
        going_on = await connection.execute(
            text("SELECT count(*) FROM identity.impersonation WHERE ended_at IS NULL")
        )
        assert going_on.scalar_one() == 1


async def test_an_organisation_reads_its_own_only(gyms: Gyms) -> None:
    by, member = await supporter(gyms, gyms.north), await gyms.member(gyms.north)
    await start(gyms, by, member)

    for gym, rows in ((gyms.north, 1), (gyms.south, 0)):
        subject = AuthSubject(kind="staff", organisation_id=gym.id)
        async with gyms.runtime.read(subject) as connection:
            found = await connection.execute(text("SELECT id FROM identity.impersonation"))
            assert len(found.all()) == rows
            hidden = await connection.execute(text("SELECT session_id FROM identity.acting"))
            assert not hidden.all()


async def test_what_the_member_has_at_another_gym_stays_there(gyms: Gyms) -> None:
    here, there = await gyms.member(gyms.north), await gyms.member(gyms.south)
    await gyms.same_person(here, there)
    me = await person_as(gyms.runtime, MEMBER, gyms.north.id, person_id=UUID(here["person_id"]))
    by = await supporter(gyms, gyms.north)
    await start(gyms, by, here)

    async def members(who: Person) -> set[str]:
        return {each["id"] for each in (await gyms.call("GET", "/members", by=who))["items"]}

    await gyms.vouch(me, gyms.south)
    assert await members(me) == {here["id"], there["id"]}
    assert await members(by) == {here["id"]}
    await gyms.call("GET", f"/members/{here['id']}", by=by)
    await gyms.call("GET", f"/members/{there['id']}", by=by, expect=404)
