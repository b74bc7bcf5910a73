"""A member was merged: whoever acted for either acts for the survivor, there and only there."""

from typing import Any
from uuid import UUID

import pytest

from fixtures.people import MEMBER, person_as, sign_in
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.queries.acting import persons_of
from gymhopper.contexts.identity.usecases.follow_merge import follow_merge
from gymhopper.contexts.identity.usecases.link_account import link_person
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.kernel.ids import new_id

ADA, TWIN, THIRD = new_id(), new_id(), new_id()


async def merge(runtime: Runtime, gym: UUID, person_id: UUID, into: UUID) -> None:
    async with runtime.begin(SERVICE) as uow:
        await follow_merge(
            uow,
            organisation_id=gym,
            member_id=new_id(),
            person_id=person_id,
            into_member_id=new_id(),
            into_person_id=into,
        )


async def reach(runtime: Runtime, account_id: UUID) -> dict[UUID, set[UUID]]:
    async with runtime.read(SERVICE) as connection:
        held = await persons_of(connection, account_id)
    return {each.person_id: set(each.within) for each in held}


async def link(runtime: Runtime, account_id: UUID, person_id: UUID, gym: UUID) -> None:
    async with runtime.begin(SERVICE) as uow:
        await link_person(uow, account_id=account_id, person_id=person_id, organisation_id=gym)


async def test_a_session_goes_on_for_the_survivor(platform: Any) -> None:
    runtime = platform.runtime
    person = await person_as(runtime, MEMBER, platform.north, person_id=TWIN)
    await merge(runtime, platform.north, TWIN, ADA)
    found = await runtime.api(IdentityApi).authenticate(token=person.token)
    assert found is not None
    assert (found.person_id, found.within) == (ADA, (platform.north,))


async def test_what_another_gym_vouched_for_stays(platform: Any) -> None:
    runtime = platform.runtime
    person = await person_as(runtime, MEMBER, platform.north, person_id=TWIN)
    await link(runtime, person.account_id, TWIN, platform.south)
    await merge(runtime, platform.north, TWIN, ADA)
    assert await reach(runtime, person.account_id) == {
        ADA: {platform.north},
        TWIN: {platform.south},
    }
    found = await runtime.api(IdentityApi).authenticate(token=person.token)
    assert found is not None
    assert (found.person_id, found.within) == (TWIN, (platform.south,))


async def test_two_accounts_of_one_human_being_both_act_for_the_survivor(platform: Any) -> None:
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    twin = await person_as(runtime, MEMBER, platform.north, person_id=TWIN)
    await link(runtime, ada.account_id, TWIN, platform.north)
    await merge(runtime, platform.north, TWIN, ADA)
    for each in (ada, twin):
        assert await reach(runtime, each.account_id) == {ADA: {platform.north}}


async def test_an_invitation_that_is_accepted_later_is_to_the_survivor(platform: Any) -> None:
    runtime = platform.runtime
    person = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    await merge(runtime, platform.north, TWIN, ADA)
    await link(runtime, person.account_id, TWIN, platform.north)
    assert await reach(runtime, person.account_id) == {ADA: {platform.north}}


@pytest.mark.parametrize("late", [True, False])
async def test_merges_may_be_told_of_in_any_order(platform: Any, *, late: bool) -> None:
    runtime = platform.runtime
    person = await person_as(runtime, MEMBER, platform.north, person_id=THIRD)
    steps = [(THIRD, TWIN), (TWIN, ADA)]
    for each in reversed(steps) if late else steps:
        await merge(runtime, platform.north, *each)
    assert await reach(runtime, person.account_id) == {ADA: {platform.north}}
    again = await sign_in(runtime, person.account_id)
    memory(runtime).forget(again.session_id)
    found = await runtime.api(IdentityApi).authenticate(token=again.cookie or "")
    assert found is not None
    assert found.person_id == ADA
