"""A membership goes over to somebody else: the door follows at the instant, and counts on."""

from datetime import timedelta

import msgspec
import sqlalchemy as sa

from contexts.access.test_merge import ONCE, TWIN, card_of_twin
from fixtures.access_world import MEMBER, Happening, World, say, scan, state
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.access.domain.going_over import gone_over
from gymhopper.contexts.access.domain.usage import EVER, Tally, Usage
from gymhopper.contexts.access.queries import usages
from gymhopper.contexts.access.usecases.hand_over_usage import GO_OVER, usage_goes_over
from gymhopper.contracts.membership.events import (
    MembershipActivated,
    MembershipEnded,
    MembershipState,
    MembershipTransferred,
    MembershipTransferScheduled,
)
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


async def given(world: World, happening: Happening, **values: object) -> MembershipState:
    active = state(world.runtime, happening.id, person_id=TWIN, **values)
    await say(world.runtime, happening, MembershipActivated(membership=active))
    await world.settle()
    return active


async def hand_over(world: World, giver: Happening, former: MembershipState) -> Happening:
    heir, now = Happening(new_id()), world.runtime.clock.now()
    ended = msgspec.structs.replace(former, contract="ended", end=now, end_reason="transferred")
    await say(world.runtime, giver, MembershipEnded(membership=ended))
    goes_on = state(
        world.runtime, heir.id, coverage=former.coverage, start=now, continues=former.membership_id
    )
    went_over = MembershipTransferred(
        membership=goes_on,
        from_membership_id=former.membership_id,
        from_person_id=TWIN,
        payer_kind="person",
        payer_id=MEMBER.member_id,
        payer_member_id=MEMBER.member_id,
        payer_person_id=MEMBER.person_id,
    )
    await say(world.runtime, heir, went_over)
    await world.settle()
    return heir


async def test_the_givers_card_opens_no_more_and_the_receivers_does(furnished_world: World) -> None:
    world, giver = furnished_world, Happening(new_id())
    card = await card_of_twin(world)
    former = await given(world, giver)
    assert await scan(world, card) == ("allow", "ALLOWED")
    assert await scan(world) == ("deny", "NO_ENTITLEMENT")
    await hand_over(world, giver, former)
    assert (await scan(world, card))[0] == "deny"
    assert await scan(world) == ("allow", "ALLOWED")


async def test_on_a_day_to_come_the_giver_is_let_in_until_then_without_any_further_news(
    furnished_world: World, clock: ManualClock
) -> None:
    world, giver = furnished_world, Happening(new_id())
    card = await card_of_twin(world)
    former = await given(world, giver)
    at = world.runtime.clock.now() + timedelta(minutes=30)
    goes = msgspec.structs.replace(
        former, contract="under_notice", end=at, end_reason="transferred"
    )
    scheduled = MembershipTransferScheduled(
        membership=goes, to_membership_id=new_id(), effective_at=at
    )
    await say(world.runtime, giver, scheduled)
    await world.settle()
    assert (await scan(world, card))[0] == "allow"
    clock.advance(timedelta(minutes=31))
    assert (await scan(world, card))[0] == "deny"


async def test_what_was_used_up_does_not_start_anew(furnished_world: World) -> None:
    world, giver = furnished_world, Happening(new_id())
    card = await card_of_twin(world)
    former = await given(world, giver, coverage=ONCE)
    assert await scan(world, card) == ("allow", "ALLOWED")
    await world.settle()
    heir = await hand_over(world, giver, former)
    for _ in range(2):
        await usage_goes_over(
            world.cell,
            person_id=TWIN,
            membership_id=former.membership_id,
            to_person_id=MEMBER.person_id,
            heir_id=heir.id,
        )
    assert await scan(world) == ("deny", "PERIOD_LIMIT_REACHED")
    async with world.runtime.read(SERVICE) as connection:
        asked = sa.text("SELECT args FROM jobs.procrastinate_jobs WHERE task_name = :name")
        (deferred,) = (await connection.execute(asked, {"name": GO_OVER})).scalars()
        assert str(heir.id) in str(deferred)
        # A cell that is made anew from the journal counts them, too.
        found = dict(
            [
                each
                async for batch in usages(connection, world.runtime.clock.now())
                for each in batch
            ]
        )
    tallies = found[MEMBER.person_id.bytes].tallies
    assert {(each.membership_id, each.visits) for each in tallies} == {(heir.id.bytes, 1)}


def test_visits_of_running_periods_go_along_and_credits_that_were_used_do_not() -> None:
    gym, place, gone, heir, other = (bytes([n]) * 16 for n in range(5))

    def tally(membership: bytes, visits: int) -> Tally:
        return Tally(membership, "day", 7, place, gym, visits)

    used = Tally(gone, "ever", EVER, b"", b"", 3)
    before = Usage(tallies=(tally(other, 1), tally(gone, 2), used))
    left, grown = gone_over(before, Usage(tallies=(tally(heir, 1),)), gone, heir)
    assert left == Usage(tallies=(tally(other, 1), used))
    assert grown == Usage(tallies=(tally(heir, 3),))
    assert gone_over(left, grown, gone, heir) == (left, grown)
