"""What scheduling does in the background, and again and again."""

from datetime import date, timedelta
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import Due, Jobs, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.usecases.follow_closing import PLACE, follow_closing
from gymhopper.contexts.scheduling.usecases.generate import (
    GENERATE,
    defer_generation,
    generate_all,
)

jobs = Jobs()
timers = Timers()


@timers.every(timedelta(days=1), GENERATE)
async def schedules_are_short(uow: UnitOfWork, _: Due) -> None:
    """Classes stand in the timetable so many days ahead, every day for one day more."""
    await defer_generation(uow)


@jobs.job(GENERATE)
async def go_on(runtime: Runtime, *, schedule_ids: list[str]) -> None:
    """Make the next classes of some schedules."""
    async with runtime.begin(SERVICE) as uow:
        await generate_all(uow, [UUID(each) for each in schedule_ids])


@jobs.job(PLACE)
async def place_is_different(
    runtime: Runtime, *, location_id: str, newly_closed: list[str]
) -> None:
    """Classes follow the days on which their location is closed."""
    await follow_closing(
        runtime, UUID(location_id), [date.fromisoformat(each) for each in newly_closed]
    )
