"""Two people of a gym are one: both cards, both memberships and all visits are the survivor's."""

import msgspec
import pytest
import sqlalchemy as sa

from fixtures.access_world import MEMBER, Happening, World, say, scan, state
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.access.domain.usage import Hold, Spending, Tally, Usage, handed_over
from gymhopper.contexts.access.queries import verify_chain
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.storage.invariants import INVARIANTS
from gymhopper.contexts.access.usecases.hand_out_credential import (
    NewCredential,
    hand_out_credential,
)
from gymhopper.contexts.access.usecases.hand_over_usage import HAND_OVER_USAGE, hand_over_usage
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.contracts.membership.events import (
    MembershipActivated,
    MembershipState,
    MembersMerged,
)
from gymhopper.kernel.ids import new_id

TWIN = new_id()
ONCE = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="month"),))


async def card_of_twin(world: World, organisation_id: object = MEMBER.organisation_id) -> str:
    new = NewCredential(organisation_id=organisation_id, person_id=TWIN, kind="pass")
    async with world.runtime.begin(SERVICE) as uow:
        return (await hand_out_credential(uow, new)).value


async def bought(world: World, **values: object) -> MembershipState:
    membership = Happening(new_id())
    active = state(world.runtime, membership.id, **values)
    await say(world.runtime, membership, MembershipActivated(membership=active))
    return active


async def merge(world: World, merged: object = TWIN, into: object = MEMBER.person_id) -> None:
    event = MembersMerged(
        member_id=MEMBER.member_id,
        person_id=into,
        merged_member_id=new_id(),
        merged_person_id=merged,
        organisation_id=MEMBER.organisation_id,
    )
    await say(world.runtime, Happening(new_id()), event)


async def hand_over(world: World) -> None:
    """What the job does."""
    await hand_over_usage(
        world.runtime, world.cell, person_id=TWIN, into_person_id=MEMBER.person_id
    )


async def test_both_cards_open_with_what_either_membership_allows(furnished_world: World) -> None:
    world = furnished_world
    card = await card_of_twin(world)
    await bought(world, person_id=TWIN)
    await world.settle()
    assert await scan(world, card) == ("allow", "ALLOWED")
    assert await scan(world) == ("deny", "NO_ENTITLEMENT")
    await merge(world)
    await world.settle()
    assert await scan(world, card) == ("allow", "ALLOWED")
    assert await scan(world) == ("allow", "ALLOWED")


@pytest.mark.parametrize("told", ["before", "after"])
async def test_news_of_a_membership_find_the_survivor_whenever_they_come(
    furnished_world: World, told: str
) -> None:
    """Over Kafka the merge may be heard of before what happened before it."""
    world = furnished_world
    if told == "after":
        await merge(world)
        await world.settle()
    await bought(world, person_id=TWIN)
    await world.settle()
    if told == "before":
        await merge(world)
        await world.settle()
    assert await scan(world) == ("allow", "ALLOWED")


async def test_a_card_that_is_handed_out_late_is_the_survivors(furnished_world: World) -> None:
    world = furnished_world
    await bought(world)
    await merge(world)
    await world.settle()
    card = await card_of_twin(world)
    await world.settle()
    assert await scan(world, card) == ("allow", "ALLOWED")


async def test_merges_may_be_told_of_in_any_order(furnished_world: World) -> None:
    world, middle = furnished_world, new_id()
    card = await card_of_twin(world)
    await bought(world)
    await merge(world, merged=middle)
    await merge(world, merged=TWIN, into=middle)
    await world.settle()
    assert await scan(world, card) == ("allow", "ALLOWED")


async def visitors(world: World) -> set[object]:
    async with world.runtime.read(SERVICE) as connection:
        people = {
            each
            for table in (tables.visit, tables.journal)
            for each in (await connection.scalars(sa.select(table.c.person_id))).all()
        }
        assert (await verify_chain(connection, "main")).broken_at is None
        for sentence, query in INVARIANTS.items():
            assert (await connection.exec_driver_sql(query)).scalar() == 0, sentence
    return people


async def test_visits_of_before_and_those_still_under_way_are_the_survivors(
    furnished_world: World,
) -> None:
    world = furnished_world
    card = await card_of_twin(world)
    await bought(world, person_id=TWIN)
    await world.settle()
    await scan(world, card)
    await world.settle()
    assert await visitors(world) == {TWIN}
    await scan(world, card)
    await merge(world)
    await world.settle()
    assert await visitors(world) == {MEMBER.person_id}


async def test_what_another_gym_gave_the_person_stays(furnished_world: World) -> None:
    world, other = furnished_world, new_id()
    card = await card_of_twin(world, other)
    await bought(world, person_id=TWIN, organisation_id=other)
    await world.settle()
    await scan(world, card)
    await merge(world)
    await world.settle()
    assert await scan(world, card) == ("allow", "ALLOWED")
    assert await scan(world) == ("deny", "NO_ENTITLEMENT")
    await world.settle()
    assert await visitors(world) == {TWIN, MEMBER.person_id}


async def test_a_merge_gives_no_visit_anew(furnished_world: World) -> None:
    world = furnished_world
    card = await card_of_twin(world)
    await bought(world, person_id=TWIN, coverage=ONCE)
    await world.settle()
    assert await scan(world, card) == ("allow", "ALLOWED")
    await merge(world)
    await world.settle()
    for _ in range(2):
        await hand_over(world)
    assert await scan(world) == ("deny", "PERIOD_LIMIT_REACHED")
    async with world.runtime.read(SERVICE) as connection:
        asked = sa.text("SELECT args FROM jobs.procrastinate_jobs WHERE task_name = :name")
        (deferred,) = (await connection.execute(asked, {"name": HAND_OVER_USAGE})).scalars()
    assert str(TWIN) in str(deferred)


def test_what_was_used_goes_with_its_membership_and_is_added_up() -> None:
    gym, place, kept, gone = (bytes([n]) * 16 for n in range(4))

    def tally(membership: bytes, visits: int) -> Tally:
        return Tally(membership, "day", 7, place, gym, visits)

    spending = Spending(gone, place, gym, 7, 1)
    hold = Hold(b"v" * 16, b"d" * 16, b"o" * 16, 9, spending)
    before = Usage(tallies=(tally(kept, 1), tally(gone, 2)), holds=(hold,))
    left, grown = handed_over(before, Usage(tallies=(tally(gone, 3),)), {gone})
    assert left == Usage(tallies=(tally(kept, 1),))
    assert grown == Usage(tallies=(tally(gone, 5),), holds=(hold,))
    assert handed_over(left, grown, {gone}) == (left, grown)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(grown), type=Usage) == grown
