"""An account acts for a person within the gyms that vouched for it, and nowhere else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from contexts.identity.mailbox import last_mail, link_in
from fixtures.engines import TestDatabase
from fixtures.gyms import Gym, Gyms
from fixtures.people import MEMBER, NOBODY, Person, person_as
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.identity.context import context as identity
from gymhopper.contexts.identity.memory import REMEMBERED
from gymhopper.contexts.identity.storage.migrations import identity_0006_vouched
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.kernel.clock import ManualClock


async def of_both(gyms: Gyms) -> dict[UUID, Any]:
    """One human being who is a member of both gyms."""
    members = {each.id: await gyms.member(each) for each in (gyms.north, gyms.south)}
    await gyms.same_person(members[gyms.north.id], members[gyms.south.id])
    person_id = members[gyms.north.id]["person_id"]
    return {gym: member | {"person_id": person_id} for gym, member in members.items()}


async def accept_at(gyms: Gyms, gym: Gym, member: Any, by: Person) -> Any:
    """The gym invites its member, and this account accepts what came by mail."""
    desk = await person_as(gyms.runtime, "front_desk", gym.id)
    await gyms.call("POST", "/invitations/members", {"member_id": member["id"]}, by=desk)
    token = link_in(await last_mail(gyms.runtime)).partition("token=")[2]
    return await gyms.call("POST", "/me/invitations", {"token": token}, by=by, expect=200)


async def seen(gyms: Gyms, by: Person) -> set[str]:
    return {each["id"] for each in (await gyms.call("GET", "/members", by=by))["items"]}


@pytest.mark.parametrize("thief", ["North", "South"])
async def test_a_gym_that_changes_an_address_learns_nothing_of_other_gyms(
    gyms: Gyms, thief: str
) -> None:
    members = await of_both(gyms)
    bad = gyms.made[thief]
    mine = members[bad.id]
    [other] = [member for gym, member in members.items() if gym != bad.id]
    desk = await person_as(gyms.runtime, "front_desk", bad.id)
    profile = {"first_name": "Ada", "last_name": "Byron", "email": "desk@example.com"}
    await gyms.call("PUT", f"/members/{mine['id']}/profile", profile, by=desk)

    owned = await person_as(gyms.runtime, NOBODY, bad.id)
    [person] = (await accept_at(gyms, bad, mine, owned))["persons"]
    assert person["organisation_ids"] == [str(bad.id)]
    await gyms.act(owned, person_id=mine["person_id"])

    assert await seen(gyms, owned) == {mine["id"]}
    await gyms.call("GET", f"/members/{other['id']}", by=owned, expect=404)
    entries = (await gyms.call("GET", "/me", by=owned))["acting"]
    assert entries["person"]["organisation_ids"] == [str(bad.id)]


async def test_the_word_of_another_gym_widens_what_is_seen_in_open_sessions_too(
    gyms: Gyms, clock: ManualClock, new_runtime: NewRuntime
) -> None:
    members = await of_both(gyms)
    here, there = members[gyms.north.id], members[gyms.south.id]
    mine = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    elsewhere = (await new_runtime([identity])).api(IdentityApi)

    async def within() -> set[UUID]:
        found = await elsewhere.authenticate(token=mine.token)
        assert found is not None
        return set(found.within)

    await accept_at(gyms, gyms.north, here, mine)
    await gyms.act(mine, person_id=here["person_id"])
    assert (await seen(gyms, mine), await within()) == ({here["id"]}, {gyms.north.id})

    [person] = (await accept_at(gyms, gyms.south, there, mine))["persons"]
    assert set(person["organisation_ids"]) == {str(gyms.north.id), str(gyms.south.id)}
    assert await seen(gyms, mine) == {here["id"], there["id"]}
    clock.advance(REMEMBERED)
    assert await within() == {gyms.north.id, gyms.south.id}


async def test_a_gym_that_invites_again_changes_nothing(gyms: Gyms) -> None:
    member = await gyms.member(gyms.north)
    mine = await person_as(gyms.runtime, NOBODY, gyms.north.id)
    first = await accept_at(gyms, gyms.north, member, mine)
    assert await accept_at(gyms, gyms.north, member, mine) == first


async def test_each_account_of_a_person_sees_where_it_was_vouched_for(gyms: Gyms) -> None:
    members = await of_both(gyms)
    person_id = UUID(members[gyms.north.id]["person_id"])
    for gym in (gyms.north, gyms.south):
        account = await person_as(gyms.runtime, MEMBER, gym.id, person_id=person_id)
        assert await seen(gyms, account) == {members[gym.id]["id"]}


async def test_supporters_are_told_of_to_those_for_whom_their_gym_vouched(gyms: Gyms) -> None:
    members = await of_both(gyms)
    person_id = UUID(members[gyms.north.id]["person_id"])
    accounts = {}
    for gym in (gyms.north, gyms.south):
        accounts[gym.id] = await person_as(gyms.runtime, MEMBER, gym.id, person_id=person_id)
        by = await person_as(gyms.runtime, "support", gym.id)
        body = {"member_id": members[gym.id]["id"], "reason": "The pass is not shown."}
        await gyms.call("POST", "/sessions/current/impersonation", body, by=by)
        assert await seen(gyms, by) == {members[gym.id]["id"]}
        gyms.clock.advance(timedelta(minutes=1))
    for gym_id, account in accounts.items():
        told = (await gyms.call("GET", "/me/impersonations", by=account))["items"]
        assert [each["organisation_id"] for each in told] == [str(gym_id)]
    both = accounts[gyms.north.id]
    await gyms.vouch(both, gyms.south, person_id)
    told = (await gyms.call("GET", "/me/impersonations", by=both))["items"]
    assert [each["organisation_id"] for each in told] == [str(gyms.south.id), str(gyms.north.id)]


async def test_a_link_without_any_gym_is_none(gyms: Gyms) -> None:
    mine = await person_as(gyms.runtime, MEMBER, gyms.north.id)
    async with gyms.runtime.begin(SERVICE) as uow:
        await uow.connection.exec_driver_sql("DELETE FROM identity.person_link")
    gyms.clock.advance(REMEMBERED)
    found = await gyms.runtime.api(IdentityApi).authenticate(token=mine.token)
    assert found is not None
    assert (found.person_id, found.within, found.scopes) == (None, (), ())


async def test_what_was_accepted_before_gyms_were_told_apart_is_kept(
    gyms: Gyms, database: TestDatabase
) -> None:
    members = await of_both(gyms)
    child = await gyms.member(gyms.north, email=None)
    mine, other = [await person_as(gyms.runtime, NOBODY, gyms.north.id) for _ in range(2)]
    for gym in (gyms.north, gyms.south):
        await accept_at(gyms, gym, members[gym.id], mine)
        gyms.clock.advance(timedelta(minutes=1))
    await gyms.vouch(mine, gyms.north, UUID(child["person_id"]))
    await gyms.vouch(other, gyms.north, UUID(child["person_id"]))

    with psycopg.connect(database.owner_url, autocommit=True) as connection:

        def links() -> set[tuple[object, ...]]:
            found = "SELECT account_id, person_id, organisation_id FROM identity.person_link"
            return set(connection.execute(found))

        now = links()
        connection.execute(identity_0006_vouched.BEFORE)
        assert len(links()) == 3
        connection.execute(identity_0006_vouched.SQL)
        assert links() == now
