"""Limits by week and by the contract's period at a door: at once, after a loss, over midnight."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fixtures.access_world import Happening, World, say, scan, state
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota
from gymhopper.contracts.membership.events import Cycle, MembershipActivated
from gymhopper.kernel.ids import new_id

DAY = timedelta(days=1)


async def hold(world: World, *spans: SpanQuota, **fields: Any) -> None:
    held = Happening(new_id())
    rule = Coverage(include=(Clause(),), spans=spans)
    now = world.runtime.clock.now()
    active = state(
        world.runtime, held.id, coverage=rule, paid_until=now + timedelta(days=300), **fields
    )
    await say(world.runtime, held, MembershipActivated(membership=active))
    await world.settle()


async def test_of_many_scans_at_once_no_more_are_admitted_than_the_week_allows(
    furnished_world: World,
) -> None:
    world = furnished_world
    await hold(world, SpanQuota(visits=3, per="week"))
    answers = await asyncio.gather(*[scan(world) for _ in range(12)])
    assert sorted(answers) == [("allow", "ALLOWED")] * 3 + [("deny", "PERIOD_LIMIT_REACHED")] * 9


async def test_a_cell_that_lost_everything_remembers_the_week_and_the_period(
    furnished_world: World,
) -> None:
    world = furnished_world
    clock = world.runtime.clock
    today = clock.now().date()
    year = Cycle(first_day=today, interval="year", count=1)
    await hold(
        world, SpanQuota(visits=3, per="period"), SpanQuota(visits=2, per="week"), cycle=year
    )
    assert (await scan(world))[1] == "ALLOWED"
    clock.advance(60 * DAY)
    world.session = await world.sign_in()
    assert (await scan(world))[1] == "ALLOWED"
    await world.settle()

    await world.cell.call("FLUSHALL")
    await world.settle()
    world.session = await world.sign_in()
    assert (await scan(world))[1] == "ALLOWED"
    assert (await scan(world))[1] == "PERIOD_LIMIT_REACHED"
    # The next week allows more, the year does not.
    clock.advance(7 * DAY)
    world.session = await world.sign_in()
    assert (await scan(world))[1] == "PERIOD_LIMIT_REACHED"


async def test_the_period_ends_at_midnight_of_the_contract(furnished_world: World) -> None:
    world = furnished_world
    clock = world.runtime.clock
    monthly = Cycle(first_day=date(2026, 1, 31), interval="month", count=1)
    await hold(world, SpanQuota(visits=1, per="period"), cycle=monthly, zone="Asia/Tokyo")
    assert (await scan(world))[1] == "ALLOWED"
    # Midnight of 31 March in Tokyo.
    clock.advance(datetime(2026, 3, 30, 14, 59, tzinfo=UTC) - clock.now())
    world.session = await world.sign_in()
    assert (await scan(world))[1] == "PERIOD_LIMIT_REACHED"
    clock.advance(timedelta(minutes=1))
    assert (await scan(world))[1] == "ALLOWED"
