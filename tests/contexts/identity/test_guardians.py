"""A guardian's accounts act for the dependent, where the gym says so and as long as it does."""

from typing import Any
from uuid import UUID

import pytest

from fixtures.people import MEMBER, Person, person_as, sign_in
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.queries.acting import persons_of
from gymhopper.contexts.identity.usecases import follow_guardianship as guarding
from gymhopper.contexts.identity.usecases.follow_merge import follow_merge
from gymhopper.contexts.identity.usecases.link_account import link_person
from gymhopper.contexts.identity.usecases.switch_acting import Choice, switch_acting
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.contracts.membership.events import GuardianshipBegan, GuardianshipEnded
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id

ADA, CHILD, TWIN = new_id(), new_id(), new_id()
THIS = new_id()


def told(kind: Any, gym: UUID, **changes: UUID) -> Any:
    values = {"guardian_person_id": ADA, "dependent_person_id": CHILD, "guardianship_id": THIS}
    return kind(organisation_id=gym, **values | changes)


async def begin(runtime: Runtime, gym: UUID, version: int = 1, **changes: UUID) -> None:
    async with runtime.begin(SERVICE) as uow:
        await guarding.guardianship_began(uow, told(GuardianshipBegan, gym, **changes), version)


async def end(runtime: Runtime, gym: UUID, version: int = 2, **changes: UUID) -> None:
    async with runtime.begin(SERVICE) as uow:
        await guarding.guardianship_ended(uow, told(GuardianshipEnded, gym, **changes), version)


async def reach(runtime: Runtime, person: Person) -> dict[UUID, tuple[UUID, ...]]:
    async with runtime.read(SERVICE) as connection:
        held = await persons_of(connection, person.account_id)
    return {each.person_id: each.within for each in held}


async def switch(runtime: Runtime, person: Person, to: UUID) -> None:
    async with runtime.begin(SERVICE) as uow:
        await switch_acting(
            uow,
            session_id=person.session_id,
            account_id=person.account_id,
            choice=Choice(person_id=to),
        )
    memory(runtime).forget(person.session_id)


async def acts_for(runtime: Runtime, person: Person) -> tuple[UUID | None, tuple[UUID, ...]]:
    found = await runtime.api(IdentityApi).authenticate(token=person.token)
    assert found is not None
    return found.person_id, found.within


async def test_one_call_switches_to_the_child_and_back(platform: Any) -> None:
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    with pytest.raises(NotFound):
        await switch(runtime, ada, CHILD)
    await begin(runtime, platform.north)
    assert list(await reach(runtime, ada)) == [ADA, CHILD]
    await switch(runtime, ada, CHILD)
    assert await acts_for(runtime, ada) == (CHILD, (platform.north,))
    await switch(runtime, ada, ADA)
    assert await acts_for(runtime, ada) == (ADA, (platform.north,))


async def test_an_account_that_comes_later_acts_for_the_child_as_well(platform: Any) -> None:
    runtime = platform.runtime
    await begin(runtime, platform.north)
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    assert await reach(runtime, ada) == {ADA: (platform.north,), CHILD: (platform.north,)}


async def test_a_guardian_reaches_the_child_only_where_the_gym_says_so(platform: Any) -> None:
    """Neither at the child's other gyms, nor through a gym that did not vouch for the guardian."""
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    await begin(runtime, platform.south)
    assert await reach(runtime, ada) == {ADA: (platform.north,)}
    async with runtime.begin(SERVICE) as uow:
        await link_person(
            uow, account_id=ada.account_id, person_id=ADA, organisation_id=platform.south
        )
    found = await reach(runtime, ada)
    assert (set(found[ADA]), found[CHILD]) == (
        {platform.north, platform.south},
        (platform.south,),
    )


async def test_a_session_that_acts_for_the_child_stops_when_it_ends(platform: Any) -> None:
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    await begin(runtime, platform.north)
    await switch(runtime, ada, CHILD)
    assert (await acts_for(runtime, ada))[0] == CHILD
    await end(runtime, platform.north)
    assert await acts_for(runtime, ada) == (None, ())
    assert list(await reach(runtime, ada)) == [ADA]


async def test_a_guardians_own_link_to_the_child_ends_and_the_childs_stays(platform: Any) -> None:
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    child = await person_as(runtime, MEMBER, platform.north, person_id=CHILD)
    async with runtime.begin(SERVICE) as uow:
        await link_person(
            uow, account_id=ada.account_id, person_id=CHILD, organisation_id=platform.north
        )
    await begin(runtime, platform.north)
    await end(runtime, platform.north)
    assert list(await reach(runtime, ada)) == [ADA]
    assert list(await reach(runtime, child)) == [CHILD]


async def test_another_guardianship_goes_on(platform: Any) -> None:
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    bob = await person_as(runtime, MEMBER, platform.north, person_id=TWIN)
    await begin(runtime, platform.north)
    await begin(runtime, platform.north, guardianship_id=new_id(), guardian_person_id=TWIN)
    await end(runtime, platform.north)
    assert CHILD not in await reach(runtime, ada)
    assert CHILD in await reach(runtime, bob)


async def test_news_that_come_twice_or_late_change_nothing(platform: Any) -> None:
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    await end(runtime, platform.north, 2)
    await begin(runtime, platform.north, 1)
    assert list(await reach(runtime, ada)) == [ADA]


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(("merged", "into"), [(TWIN, ADA), (TWIN, CHILD)])
async def test_a_guardianship_follows_a_merge(
    platform: Any, merged: UUID, into: UUID, *, late: bool
) -> None:
    runtime = platform.runtime
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    side = "guardian_person_id" if into == ADA else "dependent_person_id"
    if not late:
        await begin(runtime, platform.north, **{side: merged})
    async with runtime.begin(SERVICE) as uow:
        await follow_merge(
            uow,
            organisation_id=platform.north,
            member_id=new_id(),
            person_id=merged,
            into_member_id=new_id(),
            into_person_id=into,
        )
    if late:
        await begin(runtime, platform.north, **{side: merged})
    assert set(await reach(runtime, ada)) == {ADA, CHILD}
    await end(runtime, platform.north, **{side: merged})
    assert set(await reach(runtime, ada)) == {ADA}


async def test_a_guardian_begins_as_oneself_or_as_whom_one_acted_for_last(platform: Any) -> None:
    runtime = platform.runtime
    await begin(runtime, platform.north)
    ada = await person_as(runtime, MEMBER, platform.north, person_id=ADA)
    assert (await acts_for(runtime, ada))[0] == ADA
    await switch(runtime, ada, CHILD)
    again = await sign_in(runtime, ada.account_id)
    found = await runtime.api(IdentityApi).authenticate(token=again.cookie or "")
    assert found is not None
    assert found.person_id == CHILD
