"""At the door: who has not signed what must be signed stays outside, until they have."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from fixtures.access_world import MEMBER, Happening, World, say, scan, state
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.usecases.follow_waiver import compile_organisation
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.events import (
    MembershipActivated,
    MembersMerged,
    WaiverPublished,
    WaiverRetired,
    WaiverSigned,
)
from gymhopper.kernel.ids import new_id

WAIVER = Happening(new_id())
DAY = timedelta(days=1)


async def bought(world: World, **values: object) -> None:
    membership = Happening(new_id())
    active = state(world.runtime, membership.id, **values)
    await say(world.runtime, membership, MembershipActivated(membership=active))
    await world.settle()


async def told(world: World, event: Event) -> None:
    """The event arrives, and what it defers is done."""
    about = WAIVER if not isinstance(event, WaiverSigned) else Happening(event.signature_id)
    await say(world.runtime, about, event)
    await world.settle()
    if not isinstance(event, WaiverSigned):
        await compile_organisation(
            world.runtime, organisation_id=MEMBER.organisation_id, after=UUID(int=0)
        )
        await world.settle()


async def publish(world: World, number: int = 1, *, in_: timedelta = -DAY) -> None:
    event = WaiverPublished(
        waiver_id=WAIVER.id,
        organisation_id=MEMBER.organisation_id,
        number=number,
        enforced_at=world.runtime.clock.now() + in_,
    )
    await told(world, event)


async def sign(
    world: World, number: int = 1, *, days: int | None = None, person_id: UUID = MEMBER.person_id
) -> None:
    now = world.runtime.clock.now()
    event = WaiverSigned(
        signature_id=new_id(),
        waiver_id=WAIVER.id,
        organisation_id=MEMBER.organisation_id,
        number=number,
        member_id=MEMBER.member_id,
        person_id=person_id,
        signed_at=now,
        until=None if days is None else now + days * DAY,
    )
    await told(world, event)


async def test_signing_lets_in_at_the_next_scan(furnished_world: World) -> None:
    world = furnished_world
    await bought(world)
    assert await scan(world) == ("allow", "ALLOWED")
    await publish(world)
    assert await scan(world) == ("deny", "WAIVER_REQUIRED")
    await sign(world)
    assert await scan(world) == ("allow", "ALLOWED")


async def test_who_buys_later_has_to_sign_as_well(furnished_world: World) -> None:
    world = furnished_world
    await publish(world)
    await bought(world)
    assert await scan(world) == ("deny", "WAIVER_REQUIRED")


async def test_no_news_is_needed_on_the_first_day_nor_when_a_signature_runs_out(
    furnished_world: World,
) -> None:
    world = furnished_world
    await bought(world)
    await publish(world, in_=2 * DAY)
    assert await scan(world) == ("allow", "ALLOWED")
    world.runtime.clock.advance(3 * DAY)
    world.session = await world.sign_in()
    assert await scan(world) == ("deny", "WAIVER_REQUIRED")
    await sign(world, days=4)
    assert await scan(world) == ("allow", "ALLOWED")
    world.runtime.clock.advance(5 * DAY)
    world.session = await world.sign_in()
    assert await scan(world) == ("deny", "WAIVER_REQUIRED")


async def test_a_new_version_asks_again_and_a_retired_waiver_never(furnished_world: World) -> None:
    world = furnished_world
    await bought(world)
    await publish(world)
    await sign(world)
    await publish(world, 2)
    assert await scan(world) == ("deny", "WAIVER_REQUIRED")
    await told(world, WaiverRetired(waiver_id=WAIVER.id, organisation_id=MEMBER.organisation_id))
    assert await scan(world) == ("allow", "ALLOWED")


async def test_another_gyms_membership_opens_without_this_gyms_waiver(
    furnished_world: World,
) -> None:
    world = furnished_world
    await bought(world)
    await publish(world)
    await bought(world, organisation_id=new_id())
    assert await scan(world) == ("allow", "ALLOWED")


async def test_a_frozen_member_is_told_of_the_freeze_first(furnished_world: World) -> None:
    world = furnished_world
    now = world.runtime.clock.now()
    await publish(world)
    await bought(world, no_entry_from=now, overdue_since=now)
    assert await scan(world) == ("deny", "PAYMENT_PAST_DUE")


async def test_a_signature_of_somebody_who_was_merged_counts(furnished_world: World) -> None:
    world, twins = furnished_world, [new_id(), new_id()]
    await bought(world)
    await publish(world)
    for twin, early in zip(twins, (True, False), strict=True):
        if early:
            await sign(world, person_id=twin, days=1)
        event = MembersMerged(
            member_id=MEMBER.member_id,
            person_id=MEMBER.person_id,
            merged_member_id=new_id(),
            merged_person_id=twin,
            organisation_id=MEMBER.organisation_id,
        )
        await say(world.runtime, Happening(new_id()), event)
        await world.settle()
        if not early:
            world.runtime.clock.advance(2 * DAY)
            world.session = await world.sign_in()
            assert await scan(world) == ("deny", "WAIVER_REQUIRED")
            await sign(world, person_id=twin)
        assert await scan(world) == ("allow", "ALLOWED")


async def test_everybody_of_the_organisation_is_compiled_in_turn(furnished_world: World) -> None:
    world = furnished_world
    for _ in range(3):
        await bought(world, person_id=new_id())
    await publish(world)
    async with world.runtime.read(SERVICE) as connection:
        jobs = sa.text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = :name")
        name = {"name": "access.compile_organisation"}
        assert (await connection.execute(jobs, name)).scalar() == 2, "and the rest after these"
        feed = tables.feed.c
        people = sa.select(feed.payload).where(feed.kind == "person")
        for payload in (await connection.execute(people)).scalars():
            assert payload is None or b"WAIVER_REQUIRED" in payload
