"""A session acts for one assignment, for one person, or for nobody; and only as long as it may."""

from datetime import timedelta
from uuid import UUID

import pytest

from fixtures.gyms import Gyms
from fixtures.people import MEMBER, NOBODY, Person, person_as, session_as, sign_in
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.audit.queries.entries import Filter, entries
from gymhopper.contexts.identity.context import context as identity
from gymhopper.contexts.identity.domain.roles import GRANTED, WHOLE_ONLY
from gymhopper.contexts.identity.domain.roles import MEMBER as MEMBER_ROLE
from gymhopper.contexts.identity.usecases.link_account import link_person
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


async def caller(runtime: Runtime, token: str) -> Caller:
    found = await runtime.api(IdentityApi).authenticate(token=token)
    assert found is not None
    return found


async def again(gyms: Gyms, person: Person) -> Person:
    """The same person signs in once more."""
    signed_in = await sign_in(gyms.runtime, person.account_id)
    return Person(
        account_id=person.account_id,
        session_id=signed_in.session_id,
        token=signed_in.cookie or "",
    )


@pytest.mark.parametrize("role", GRANTED.values(), ids=lambda each: each.name)
async def test_a_session_acts_in_its_role(gyms: Gyms, role: object) -> None:
    place = {"legal_entity_id": gyms.north.entity, "location_id": gyms.north.here}
    token = await session_as(gyms.runtime, role.name, gyms.north.id, **place)

    found = await caller(gyms.runtime, token)
    assert (found.kind, found.role) == (role.kind, role.name)
    assert found.organisation_id == gyms.north.id
    assert frozenset(found.scopes) == role.scopes - WHOLE_ONLY
    assert (found.legal_entity_id, found.location_id) == tuple(place.values())
    assert (found.person_id, found.everywhere) == (None, False)
    whole = await session_as(gyms.runtime, role.name, gyms.north.id)
    assert frozenset((await caller(gyms.runtime, whole)).scopes) == role.scopes


async def test_a_member_acts_for_a_person_at_no_organisation(gyms: Gyms) -> None:
    person = await person_as(gyms.runtime, MEMBER, gyms.north.id)

    found = await caller(gyms.runtime, person.token)
    assert (found.kind, found.person_id) == ("member", person.person_id)
    assert (found.organisation_id, found.role, found.everywhere) == (None, None, False)
    assert frozenset(found.scopes) == MEMBER_ROLE.scopes


async def test_who_has_two_assignments_chooses_and_the_choice_is_kept(gyms: Gyms) -> None:
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    held = {}
    for gym, role in ((gyms.north, "manager"), (gyms.south, "instructor")):
        employee = await gyms.employee(gym)
        await gyms.link(somebody, employee)
        held[role] = (await gyms.grant(employee, role))["id"]

    first = await again(gyms, somebody)
    me = await gyms.call("GET", "/me", by=first)
    assert me["acting"]["kind"] == "nobody"
    offered = {each["role"]: each for each in me["may_act_for"]["assignments"]}
    assert {role: each["assignment_id"] for role, each in offered.items()} == held
    assert offered["instructor"]["organisation_name"] == "South"

    for role, name in (("manager", "North"), ("instructor", "South"), ("manager", "North")):
        switched = await gyms.act(first, assignment_id=held[role])
        assert switched["kind"] == "assignment"
        assert switched["assignment"]["organisation_name"] == name
        assert await gyms.acting(first) == switched
        assert (await caller(gyms.runtime, first.token)).role == role
    assert (await gyms.acting(await again(gyms, somebody)))["assignment"]["role"] == "manager"
    assert (await gyms.act(first))["kind"] == "nobody"
    assert (await caller(gyms.runtime, first.token)).scopes == ()


async def test_the_only_assignment_is_acted_for_at_once(gyms: Gyms) -> None:
    employee = await gyms.employee(gyms.north)
    await gyms.grant(employee, "front_desk")
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    assert (await gyms.acting(somebody))["kind"] == "nobody"
    await gyms.link(somebody, employee)

    assert (await gyms.acting(await again(gyms, somebody)))["assignment"]["role"] == "front_desk"
    async with gyms.runtime.read(SERVICE) as connection:
        (seen,) = await entries(connection, Filter(action="began_to_act"), limit=9)
    assert (seen.organisation_id, seen.detail["role"]) == (gyms.north.id, "front_desk")


async def test_an_organisation_sees_who_begins_to_act_for_it(gyms: Gyms) -> None:
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    held = {}
    for gym, role in ((gyms.north, "manager"), (gyms.south, "instructor")):
        employee = await gyms.employee(gym)
        await gyms.link(somebody, employee)
        held[gym.id] = (await gyms.grant(employee, role))["id"]
    first = await again(gyms, somebody)
    for each in (*held.values(), None):
        await gyms.act(first, assignment_id=each)

    for gym, role in ((gyms.north, "manager"), (gyms.south, "instructor")):
        owner = AuthSubject(kind="staff", id=new_id(), organisation_id=gym.id)
        async with gyms.runtime.read(owner) as connection:
            seen = await entries(connection, Filter(action="began_to_act"), limit=9)
        assert [each.detail for each in seen] == [{"assignment_id": held[gym.id], "role": role}]
        assert seen[0].actor.startswith("staff:")


async def test_nobody_acts_for_what_is_not_theirs(gyms: Gyms) -> None:
    mine = await person_as(gyms.runtime, "manager", gyms.north.id)
    other = await person_as(gyms.runtime, "owner", gyms.north.id)
    member = await person_as(gyms.runtime, MEMBER, gyms.north.id)

    for choice in (
        {"assignment_id": other.assignment_id},
        {"assignment_id": new_id()},
        {"person_id": member.person_id},
        {"person_id": new_id()},
    ):
        refused = await gyms.act(mine, **choice, expect=404)
        assert refused["field"] in choice
    both = {"assignment_id": mine.assignment_id, "person_id": member.person_id}
    await gyms.act(mine, **both, expect=422)
    await gyms.act(mine, organisation_id=gyms.north.id, expect=422)
    assert (await caller(gyms.runtime, mine.token)).role == "manager"


async def test_a_key_has_no_session_to_switch(gyms: Gyms) -> None:
    key = await gyms.call(
        "POST",
        "/api-keys",
        {"name": "A key", "scopes": ["*"], "organisation_id": str(gyms.north.id)},
    )
    answer = await gyms.http.put(
        "/api/v1/sessions/current/acting",
        json={},
        headers={"Authorization": f"Bearer {key['token']}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "session_required")


async def test_an_ended_assignment_stops_acting_within_five_seconds(
    gyms: Gyms, clock: ManualClock
) -> None:
    employee = await gyms.employee(gyms.north)
    held = await gyms.grant(employee, "manager")
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    await gyms.link(somebody, employee)
    somebody = await again(gyms, somebody)
    await gyms.call("GET", "/members", by=somebody)

    await gyms.end(held)
    clock.advance(timedelta(seconds=5))

    refused = await gyms.call("GET", "/members", by=somebody, expect=403)
    assert refused["code"] == "scope_missing"
    me = await gyms.call("GET", "/me", by=somebody)
    assert me["acting"]["kind"] == "nobody"
    assert me["may_act_for"]["assignments"] == []
    await gyms.act(somebody, assignment_id=held["id"], expect=404)


async def test_an_assignment_ends_by_the_clock_without_any_event(
    gyms: Gyms, clock: ManualClock
) -> None:
    employee = await gyms.employee(gyms.north)
    until = clock.now() + timedelta(seconds=3)
    await gyms.grant(employee, "manager", until=until.isoformat())
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    await gyms.link(somebody, employee)
    somebody = await again(gyms, somebody)

    clock.advance(timedelta(seconds=2))
    await gyms.call("GET", "/members", by=somebody)
    clock.advance(timedelta(seconds=1))
    await gyms.call("GET", "/members", by=somebody, expect=403)


async def test_an_assignment_is_not_acted_for_before_it_begins(
    gyms: Gyms, clock: ManualClock
) -> None:
    employee = await gyms.employee(gyms.north)
    start = clock.now() + timedelta(days=1)
    held = await gyms.grant(employee, "manager", start=start.isoformat())
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    await gyms.link(somebody, employee)

    await gyms.act(somebody, assignment_id=held["id"], expect=404)
    clock.advance(timedelta(days=1))
    assert (await gyms.act(somebody, assignment_id=held["id"]))["kind"] == "assignment"


async def test_an_employee_who_gets_another_account_leaves_the_first(
    gyms: Gyms, clock: ManualClock
) -> None:
    employee = await gyms.employee(gyms.north)
    await gyms.grant(employee, "manager")
    first = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    second = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    await gyms.link(first, employee)
    first = await again(gyms, first)
    await gyms.call("GET", "/members", by=first)

    await gyms.link(second, employee)
    clock.advance(timedelta(seconds=5))
    await gyms.call("GET", "/members", by=first, expect=403)
    await gyms.call("GET", "/members", by=await again(gyms, second))


async def test_news_of_an_assignment_may_come_twice_and_late(gyms: Gyms) -> None:
    employee = await gyms.employee(gyms.north)
    held = await gyms.grant(employee, "manager")
    await gyms.end(held)
    events = await gyms.told("staff")
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    await gyms.link(somebody, employee)

    for envelope in (*events, *reversed(events)):
        async with gyms.runtime.begin(SERVICE) as uow:
            for handler in identity.subscriptions.handlers[envelope.type]:
                await handler(uow, envelope.data, envelope)
    me = await gyms.call("GET", "/me", by=somebody)
    assert me["may_act_for"]["assignments"] == []


async def test_an_administrator_acts_for_the_platform_until_they_choose(gyms: Gyms) -> None:
    assert (await gyms.acting(gyms.root))["kind"] == "administrator"
    employee = await gyms.employee(gyms.north)
    held = await gyms.grant(employee, "instructor")
    await gyms.link(gyms.root, employee)

    assert (await gyms.acting(await again(gyms, gyms.root)))["kind"] == "administrator"
    await gyms.act(gyms.root, assignment_id=held["id"])
    await gyms.call("GET", "/members", by=gyms.root, expect=403)
    assert (await gyms.act(gyms.root))["kind"] == "administrator"


async def test_a_parent_acts_for_one_child_at_a_time(gyms: Gyms) -> None:
    first, second = [await gyms.member(gyms.north, email=None) for _ in range(2)]
    parent = await person_as(
        gyms.runtime, MEMBER, gyms.north.id, person_id=UUID(first["person_id"])
    )

    async with gyms.runtime.begin(SERVICE) as uow:
        await link_person(
            uow,
            account_id=parent.account_id,
            person_id=UUID(second["person_id"]),
            organisation_id=gyms.north.id,
        )
    me = await gyms.call("GET", "/me", by=parent)
    assert me["acting"]["person"]["person_id"] == first["person_id"]
    assert [each["first_name"] for each in me["may_act_for"]["persons"]] == ["Ada", "Ada"]

    switched = await gyms.act(parent, person_id=second["person_id"])
    assert switched["person"]["person_id"] == second["person_id"]
    assert str((await caller(gyms.runtime, parent.token)).person_id) == second["person_id"]


async def test_another_process_follows_a_switch_within_five_seconds(
    gyms: Gyms, clock: ManualClock, new_runtime: object
) -> None:

    somebody = await person_as(gyms.runtime, "manager", gyms.north.id)
    elsewhere = await new_runtime([identity])
    assert (await caller(elsewhere, somebody.token)).role == "manager"

    await gyms.act(somebody)
    assert (await caller(gyms.runtime, somebody.token)).role is None
    clock.advance(timedelta(seconds=5))
    assert (await caller(elsewhere, somebody.token)).role is None


async def test_the_roles_are_listed_with_what_they_allow(gyms: Gyms) -> None:
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id)

    items = (await gyms.call("GET", "/roles", by=somebody))["items"]
    assert {each["name"] for each in items} == {*GRANTED, "member"}
    [desk] = [each for each in items if each["name"] == "front_desk"]
    known = {each["scope"]: each["may"] for each in desk["scopes"]}
    assert known["members:read"] == "find members and see their contact data"
