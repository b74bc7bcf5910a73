"""Time that one process moves has moved for the work of every other."""

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.errors import InvalidInput

MONTH = timedelta(days=30)


def moved(now: datetime) -> timedelta:
    """How far that is from the machine's own time, in whole days."""
    return timedelta(days=round((now - datetime.now(UTC)) / timedelta(days=1)))


@pytest.fixture
async def two(new_runtime: NewRuntime) -> tuple[Runtime, Runtime]:
    found = await new_runtime(), await new_runtime()
    for each in found:
        each.clock = each.stored_clock
    return found


async def test_a_unit_of_work_begins_at_the_moved_time_without_being_told(
    two: tuple[Runtime, Runtime],
) -> None:
    mover, other = two
    async with other.begin(SERVICE) as uow:
        assert moved(uow.now) == timedelta()
    await mover.stored_clock.advance(MONTH)
    assert moved(mover.clock.now()) == MONTH
    async with other.begin(SERVICE) as uow:
        assert moved(uow.now) == MONTH
    assert moved(other.clock.now()) == MONTH


async def test_two_moves_add_up_and_none_goes_back(two: tuple[Runtime, Runtime]) -> None:
    first, second = two
    await first.stored_clock.advance(MONTH)
    await second.stored_clock.advance(MONTH)
    await first.stored_clock.refresh()
    assert first.stored_clock.offset == second.stored_clock.offset == 2 * MONTH
    with pytest.raises(InvalidInput):
        await first.stored_clock.advance(-MONTH)
