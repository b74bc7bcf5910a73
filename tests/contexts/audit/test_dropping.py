"""Old months are given up; their seals stay, and the chain with them."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from contexts.audit.conftest import House
from contexts.audit.sealing import seal, verify, write
from gymhopper.chassis.audit.log import ensure_partitions
from gymhopper.contexts.audit.usecases.drop_months import (
    DroppedMonth,
    NotSealed,
    drop_months,
    kept_since,
)
from gymhopper.kernel.clock import ManualClock

MARCH, APRIL, MAY = (date(2026, month, 1) for month in (3, 4, 5))


@pytest.fixture(params=["partitions", "the default partition"])
async def spring(house: House, clock: ManualClock, request: pytest.FixtureRequest) -> House:
    """Four sealed entries in March, two in April, one in May."""
    if request.param == "partitions":
        await ensure_partitions(house.runtime.database, clock.now())
    for count in (4, 2, 1):
        await write(house, count)
        clock.advance(timedelta(days=30))
    await seal(house)
    return house


async def test_months_before_a_day_are_dropped_and_the_rest_is_whole(spring: House) -> None:
    now = spring.runtime.clock.now()
    done = await drop_months(spring.database.owner_url, before=MAY, now=now)
    assert done == [DroppedMonth(MARCH, 4), DroppedMonth(APRIL, 2)]
    assert [each.number for each in await spring.entries()] == [7]
    assert await spring.entries(kind="a.thing") == await spring.entries()
    found = await verify(spring)
    assert (found.fault, found.entries, found.dropped, found.dropped_until) == (None, 1, 6, 3)
    assert await drop_months(spring.database.owner_url, before=MAY, now=now) == []


async def test_what_is_left_is_as_protected_as_before(spring: House) -> None:
    now = spring.runtime.clock.now()
    await drop_months(spring.database.owner_url, before=APRIL, now=now)
    for statement in ("DELETE FROM audit.entry", "DELETE FROM audit.about"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            spring.as_owner(statement)
    await write(spring, 1)
    assert await seal(spring) == 1
    assert (await verify(spring)).fault is None


async def test_a_forged_entry_in_a_dropped_month_is_found(spring: House) -> None:
    now = spring.runtime.clock.now()
    await drop_months(spring.database.owner_url, before=APRIL, now=now)
    spring.forge(
        "INSERT INTO audit.entry SELECT (jsonb_populate_record(e,"
        " jsonb_build_object('number', 2, 'recorded_at', '2026-03-05T00:00:00Z'))).*"
        " FROM audit.entry AS e WHERE number = 7"
    )
    found = await verify(spring)
    assert (found.fault, found.at) == ("entry_inserted", 2)


async def test_entries_that_vanished_without_a_word_are_missing(spring: House) -> None:
    spring.forge("DELETE FROM audit.entry WHERE number <= 4")
    found = await verify(spring)
    assert (found.fault, found.at) == ("entry_missing", 1)


async def test_a_month_whose_entries_wait_for_their_seal_stays(
    house: House, clock: ManualClock
) -> None:
    await write(house, 2)
    await seal(house)
    await write(house, 1)
    with pytest.raises(NotSealed):
        await drop_months(house.database.owner_url, before=APRIL, now=clock.now())
    assert len(await house.entries()) == 3


def test_whole_months_are_kept() -> None:
    assert kept_since(datetime(2026, 3, 31, 23, tzinfo=UTC), 1) == date(2026, 2, 1)
    assert kept_since(datetime(2026, 1, 1, tzinfo=UTC), 36) == date(2023, 1, 1)
