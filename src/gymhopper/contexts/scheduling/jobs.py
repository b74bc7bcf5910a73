"""What scheduling does in the background, and when time has come."""

from datetime import date, timedelta
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import Due, Jobs, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.usecases.end_appointments import (
    RELEASE_APPOINTMENTS,
    release_appointments,
)
from gymhopper.contexts.scheduling.usecases.end_line import begin_class, end_offer
from gymhopper.contexts.scheduling.usecases.fill_places import fill_places
from gymhopper.contexts.scheduling.usecases.follow_closing import PLACE, follow_closing
from gymhopper.contexts.scheduling.usecases.follow_visit import forget_visits
from gymhopper.contexts.scheduling.usecases.generate import (
    GENERATE,
    defer_generation,
    generate_all,
)
from gymhopper.contexts.scheduling.usecases.mark_appointment import mark_unmarked
from gymhopper.contexts.scheduling.usecases.mark_attendance import mark_the_rest
from gymhopper.contexts.scheduling.usecases.release_bookings import RELEASE, release_booking
from gymhopper.contexts.scheduling.usecases.settle_penalties import fall_due
from gymhopper.contexts.scheduling.usecases.standings import standings_of_line
from gymhopper.contexts.scheduling.usecases.timing import (
    APPOINTMENT_MARKED,
    CLASS_BEGINS,
    CLASS_MARKED,
    FEE_DUE,
    FILL,
    OFFER_ENDS,
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


@jobs.job(FILL)
async def fill(runtime: Runtime, *, class_id: str) -> None:
    """Give the free places of a class to its line."""
    standings = await standings_of_line(runtime, UUID(class_id))
    async with runtime.begin(SERVICE) as uow:
        await fill_places(uow, UUID(class_id), standings)


@jobs.job(RELEASE)
async def release(runtime: Runtime, *, booking_id: str) -> None:
    """Give up what was booked on a membership that rests or is over by then."""
    async with runtime.begin(SERVICE) as uow:
        await release_booking(uow, UUID(booking_id))


@jobs.job(RELEASE_APPOINTMENTS)
async def release_appointments_of(runtime: Runtime, *, membership_id: str) -> None:
    """Give up the appointments during which a membership rests or is over."""
    async with runtime.begin(SERVICE) as uow:
        await release_appointments(uow, UUID(membership_id))


@timers.every(timedelta(days=1), "scheduling.visits_forgotten")
async def visits_forgotten(uow: UnitOfWork, _: Due) -> None:
    """Nothing is counted by them any more."""
    await forget_visits(uow)


@timers.on(OFFER_ENDS)
async def offer_ends(uow: UnitOfWork, due: Due) -> None:
    """An offer has run out."""
    await end_offer(uow, UUID(due.key))


@timers.on(CLASS_BEGINS)
async def class_begins(uow: UnitOfWork, due: Due) -> None:
    """Nobody stands in line any more."""
    await begin_class(uow, UUID(due.key))


@timers.on(CLASS_MARKED)
async def class_marked(uow: UnitOfWork, due: Due) -> None:
    """Whoever was not marked is now."""
    await mark_the_rest(uow, UUID(due.key))


@timers.on(APPOINTMENT_MARKED)
async def appointment_marked(uow: UnitOfWork, due: Due) -> None:
    """Nobody said who came."""
    await mark_unmarked(uow, UUID(due.key))


@timers.on(FEE_DUE)
async def fee_due(uow: UnitOfWork, due: Due) -> None:
    """Nobody waived the fee."""
    await fall_due(uow, UUID(due.key))
